{{ config(materialized='table') }}
{{ held_back(
    source('van', 'van_list'),
    key='van_id',
    headers=['VOTER FILE VANID', 'VANID', 'VOTERFILEVANID', 'VAN ID', 'VAN_ID'],
    id=tool_id('key_cell'),
) }}
