{{ config(materialized='table') }}
{{ held_back(
    source('texting', 'texting_opt_outs'),
    key='phone',
    headers=['PHONE', 'PHONE NUMBER', 'CELL', 'CELL PHONE', 'NUMBER'],
    id=us_phone(digits_only('key_cell')),
    time='opted_out_at',
) }}
