{{ stage_co_voters(source('co', 'co_voters_previous'), source('co', 'co_master_voters_previous')) }}
