{{ stage_fl_voters(source('fl', 'fl_voters_previous')) }}
