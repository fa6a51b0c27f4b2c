with source as (

    select * from {{ source('app', 'app_activity') }}

),

typed as (

    select
        nullif(trim(activity_id), '') as activity_id,
        nullif(trim(member_id), '') as member_id,
        lower(trim(kind)) as activity_kind,
        {{ try_to_utc("happened_at") }} as happened_at,
        nullif(trim(undone_at), '') is not null as is_undone,
        lower({{ plain_cell("topic") }}) as topic,
        nullif(trim(target_id), '') as target_id,
        lower({{ plain_cell("channel") }}) as channel,
        cast({{ is_formula("topic") }} as integer) + cast({{ is_formula("channel") }} as integer) as formula_count,
        _delivery_id as delivery_id,
        _record_number as record_number,
        _as_of as as_of
    from source

),

final as (

    select *
    from typed
    where activity_id is not null
        and member_id is not null
        and activity_kind in ('follow', 'like', 'share', 'reply', 'event')
        and happened_at is not null

)

select * from final
