{{ stage_scopes('WA') }}
