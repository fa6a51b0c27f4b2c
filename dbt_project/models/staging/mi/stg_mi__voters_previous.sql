{{ stage_mi_voters(source('mi', 'mi_voters_previous')) }}
