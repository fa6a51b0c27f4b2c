{{ stage_scopes('FL') }}
