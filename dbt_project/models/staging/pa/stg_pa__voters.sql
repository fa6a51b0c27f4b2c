{{ stage_pa_voters(source('pa', 'pa_voters')) }}
