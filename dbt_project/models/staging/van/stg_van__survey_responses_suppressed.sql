{{ held_back(
    source('van', 'van_survey_responses'),
    key='van_id',
    headers=['VOTER FILE VANID', 'VANID', 'VOTERFILEVANID', 'VAN ID', 'VAN_ID'],
    id=tool_id(plain_cell('van_id')),
    time=try_to_time(plain_cell('date_canvassed')),
) }}
