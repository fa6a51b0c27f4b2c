{{ stage_scopes('PA') }}
