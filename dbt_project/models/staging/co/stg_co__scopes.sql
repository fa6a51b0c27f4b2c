{{ stage_scopes('CO') }}
