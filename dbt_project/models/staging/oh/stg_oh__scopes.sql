{{ stage_scopes('OH') }}
