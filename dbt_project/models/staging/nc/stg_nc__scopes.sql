{{ stage_scopes('NC') }}
