{{ stage_ga_voters(source('ga', 'ga_voters_previous')) }}
