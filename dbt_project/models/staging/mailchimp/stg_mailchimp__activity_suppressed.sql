{{ config(materialized='table') }}
{{ held_back(
    source('mailchimp', 'mailchimp_activity'),
    key='email_address',
    headers=['EMAIL ADDRESS', 'EMAIL', 'EMAIL_ADDRESS'],
    id=email_address('key_cell'),
    time='action_time',
) }}
