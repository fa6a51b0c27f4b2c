with records as (

    select * from {{ source('medsl', 'medsl_precinct_results') }}

),

final as (

    select
        {{ clean_code("state_po") }} as state_code,
        coalesce(
            {{ try_to_date("date", "%Y-%m-%d") }}, {{ try_to_date("date", "%m/%d/%y") }}, {{ try_to_date("date", "%m/%d/%Y") }}
        ) as election_date,
        case {{ clean_code("stage") }} when 'PRI' then 'primary' when 'RUNOFF' then 'runoff' else 'general' end as stage,
        upper(special) = 'TRUE' as is_special,
        {{ padded_number("county_fips", 5) }} as county_fips,
        {{ fold_blanks("county_name") }} as county_name,
        {{ fold_blanks("precinct") }} as precinct_name,
        {{ fold_blanks("office") }} as office_label,
        {{ clean_code("district") }} as district_label,
        {{ fold_blanks("candidate") }} as candidate_label,
        {{ fold_blanks("party_detailed") }} as party_label,
        {{ fold_blanks("mode") }} as mode_label,
        {{ try_to_integer("votes") }} as votes,
        {{ is_hidden("votes") }} as is_hidden,
        _delivery_id as delivery_id
    from records

)

select * from final
