{{ held_back(
    source('mailchimp', 'mailchimp_activity'),
    key='email_address',
    headers=['EMAIL ADDRESS', 'EMAIL', 'EMAIL_ADDRESS'],
    id=email_address(plain_cell('email_address')),
    time=try_to_time(plain_cell('action_time')),
) }}
