{{ held_back(
    source('texting', 'texting_opt_outs'),
    key='phone',
    headers=['PHONE', 'PHONE NUMBER', 'CELL', 'CELL PHONE', 'NUMBER'],
    id=us_phone(digits_only(plain_cell('phone'))),
    time=try_to_time(plain_cell('opted_out_at')),
) }}
