{{ config(materialized='table') }}
{{ held_back(
    source('mailchimp', 'mailchimp_audience'),
    key='email_address',
    headers=['EMAIL ADDRESS', 'EMAIL', 'EMAIL_ADDRESS'],
    id=email_address('key_cell'),
) }}
