{{ config(meta={'rows_of': ['stg_van__contacts']}) }}
-- VAN numbers no contacts. Person, time, way and canvasser tell one from others, and all that the newest export has of these counts, so
-- that a result that was corrected replaces the one before; of exports of one day one counts whatever the order in which they came.
with delivered as (

    select
        *,
        rank() over (partition by van_id, contacted_at, type_label, canvasser order by as_of desc, delivery_id) as export_age
    from {{ ref('stg_van__contacts') }}

),

newest as (

    select *
    from delivered
    where export_age = 1
    qualify row_number() over (
        partition by van_id, contacted_at, type_label, canvasser, entered_at, result_label order by record_number
    ) = 1

),

numbered as (

    select
        *,
        row_number() over (
            partition by van_id, contacted_at, type_label, canvasser order by entered_at nulls first, result_label
        ) as place,
        nullif(trim(split_part(contact_name, ',', 1)), contact_name) as last_name,
        nullif(split_part(trim(split_part(contact_name, ',', 2)), ' ', 1), '') as first_name
    from newest

),

linked as (

    {{ exact_links('numbered', ['van_id', 'phone']) }}

),

labels as (

    select * from {{ ref('contact_labels') }}

),

final as (

    select
        'VAN-' || {{ stable_hash(["linked.van_id", "cast(linked.contacted_at as varchar)", "linked.type_label", "linked.canvasser",
            "cast(linked.place as varchar)"]) }} as contact_id,
        linked.van_id,
        linked.contacted_at,
        coalesce(types.code, case when linked.type_label is not null then 'other' end) as contact_type,
        coalesce(results.code, case when linked.result_label is not null then 'other' end) as result,
        coalesce(results.code = 'canvassed', false) as is_reached,
        linked.result_label,
        linked.type_label as contact_type_label,
        linked.input_type,
        linked.campaign_name,
        linked.phone,
        coalesce(linked.experiment, linked.treatment_arm) is not null as is_randomised,
        linked.experiment,
        linked.treatment_arm,
        coalesce(linked.notes <> '', false) as has_notes,
        linked.voter_id,
        linked.linked_by,
        linked.is_linked,
        linked.delivery_id,
        linked.record_number,
        linked.as_of
    from linked
    left join labels as types on types.kind = 'type' and types.label = linked.type_label
    left join labels as results on results.kind = 'result' and results.label = linked.result_label

)

select * from final
