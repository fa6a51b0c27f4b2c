{{ stage_scopes('GA') }}
