{{ stage_scopes('MI') }}
