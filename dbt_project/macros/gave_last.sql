{# Donors whose newest gift was so many days before the newest of all: `days` is a condition, as "<= 365". #}
{% macro gave_last(days) -%}
with gifts as (

    select voter_id, max(donated_at) as donated_at
    from {{ ref('donations') }}
    where voter_id is not null and not is_refunded
    group by voter_id

),

newest as (

    select max(donated_at) as donated_at from gifts

)

select voters.voter_id
from {{ ref('voters') }} as voters
where voters.voter_id in (
    select gifts.voter_id
    from gifts
    inner join newest on {{ days_between("gifts.donated_at", "newest.donated_at") }} {{ days }}
)
{%- endmacro %}
