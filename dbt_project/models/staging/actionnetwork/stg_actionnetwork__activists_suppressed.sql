{{ config(materialized='table') }}
{{ held_back(
    source('actionnetwork', 'actionnetwork_activists'),
    key='uuid',
    headers=['UUID'],
    id="case when " ~ regexp_contains(clean_code("key_cell"), "^[0-9A-Z-]*[0-9][0-9A-Z-]*$") ~ " then 1 end",
) }}
