with catalog as (

    {{ segment_catalog(var('segment_models')) }}

),

sizes as (

    select segment_id, count(*) as size from {{ ref('segment_members') }} group by segment_id

),

all_voters as (

    select count(*) as voter_count from {{ ref('voters') }}

),

final as (

    select
        catalog.segment_id,
        catalog.name,
        coalesce(sizes.size, 0) as size,
        coalesce({{ safe_divide("sizes.size", "all_voters.voter_count") }}, 0) as share,
        catalog.rule,
        nullif(catalog.owner, '') as owner,
        catalog.purposes
    from catalog
    cross join all_voters
    left join sizes on sizes.segment_id = catalog.segment_id

)

select * from final
