{{ stage_co_voters(source('co', 'co_voters'), source('co', 'co_master_voters')) }}
