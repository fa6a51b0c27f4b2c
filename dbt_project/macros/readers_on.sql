{# Voters who saw two pages or more on a topic on the campaign's own site. #}
{% macro readers_on(topic) -%}
with readers as (

    select voter_id
    from {{ ref('web_activity') }}
    where event_type = 'page' and topic = '{{ topic }}' and voter_id is not null
    group by voter_id
    having count(*) >= 2

)

select voters.voter_id
from {{ ref('voters') }} as voters
inner join readers on readers.voter_id = voters.voter_id
{%- endmacro %}
