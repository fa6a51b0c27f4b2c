-- Where voters of today lived by earlier files, which is known nowhere else once those are dropped: this table is never built from nothing.
-- A row for each move, for as long as the voter is registered.
{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='append_new_columns', full_refresh=false,
    meta={'kept': true}, pre_hook="{{ forget_who_left() if is_incremental() }}") }}
with before as (

    select * from {{ ref('int_registrations_before') }}

),

addresses as (

    select * from {{ ref('int_addresses') }}

),

voters as (

    select voter_id, residence_id from {{ ref('voters') }}

),

final as (

    select
        before.voter_id,
        addresses.residence_id,
        before.last_name,
        before.as_of as seen_on
    from before
    inner join addresses
        on addresses.state_code = before.state_code
        and addresses.residence_address = before.residence_address
        and addresses.area = {{ residence_area('before') }}
    inner join voters on voters.voter_id = before.voter_id
    where addresses.residence_id is distinct from voters.residence_id

)

select * from final
{% if is_incremental() -%}
anti join {{ this }} using (voter_id, residence_id)
{%- endif %}
