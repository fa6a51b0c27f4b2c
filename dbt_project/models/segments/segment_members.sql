{%- set names = var('segment_models') | sort -%}
with members as (

    {% for name in names -%}
    select '{{ name }}' as segment_id, voter_id from {{ ref(name) }}
    {{ 'union all' if not loop.last }}
    {% else -%}
    select cast(null as varchar) as segment_id, cast(null as varchar) as voter_id where false
    {% endfor %}
),

final as (

    select
        cast(segment_id as varchar) as segment_id,
        voter_id
    from members

)

select * from final
