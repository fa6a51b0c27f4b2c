{{ stage_oh_voters(source('oh', 'oh_voters')) }}
