-- The rule stands here a second time, in words of its own, so that the sum of both views can differ from the file.
with source as (

    select
        _delivery_id,
        _record_number,
        {{ year_of("_as_of") }} as file_year,
        {{ try_to_integer("trim(birth_year)") }} as birth_year,
        {{ try_to_integer("trim(age_at_year_end)") }} as age,
        trim(confidential_ind) in ('Y', 'y') as is_confidential
    from {{ source('nc', 'nc_voters') }}

),

judged as (

    select
        _delivery_id as delivery_id,
        _record_number as record_number,
        case
            when is_confidential then 'confidential'
            when birth_year > file_year - 18 then 'under_18'
            when birth_year is null and age < 18 then 'under_18'
        end as reason
    from source

),

final as (

    select * from judged where reason is not null

)

select * from final
