-- Two of one home at a time, at most 45 of one residence, with what there is to judge by; the older one first.
{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='fail', meta={'built_anew_with': ['voters']},
    pre_hook="{{ forget_touched_residences() if is_incremental() }}") }}
-- depends_on: {{ ref('int_touched_residences') }}
with homes as (

    select residence_id
    from {{ ref('residences') }}
    where voter_count > 1 and group_quarters_reason is null
    {% if is_incremental() -%}
    and residence_id in (select residence_id from {{ ref('int_touched_residences') }})
    {%- endif %}

),

residents as (

    select
        voters.voter_id,
        voters.residence_id,
        voters.first_name,
        voters.last_name,
        {{ long_words(fold_accents("voters.last_name"), 4) }} as surnames,
        {{ long_words(fold_accents("voters.middle_name"), 4) }} as middle_names,
        voters.birth_year,
        voters.age_years,
        case when voters.sex_code in ('F', 'M') then voters.sex_code end as sex_code,
        -- Who has no year of birth comes last.
        coalesce(voters.birth_year, 9999) as age_rank
    from {{ ref('voters') }} as voters
    inner join homes on homes.residence_id = voters.residence_id

),

final as (

    select
        elder.residence_id,
        elder.voter_id as elder_id,
        younger.voter_id as younger_id,
        younger.birth_year - elder.birth_year as gap,
        younger.age_years as age,
        elder.sex_code as elder_sex,
        case when elder.sex_code = younger.sex_code then 'same' when elder.sex_code <> younger.sex_code then 'opposite' end as sexes,
        coalesce(elder.last_name = younger.last_name or {{ have_in_common("elder.surnames", "younger.surnames") }}, false)
            as shares_surname,
        -- A mother's name at birth is her middle name now, or her child's.
        coalesce({{ have_in_common("elder.surnames", "younger.middle_names") }}, false)
            or coalesce({{ have_in_common("elder.middle_names", "younger.surnames") }}, false) as shares_middle_name,
        coalesce(elder.last_name = younger.last_name and elder.first_name = younger.first_name, false) as is_namesake
    from residents as elder
    inner join residents as younger
        on younger.residence_id = elder.residence_id
        and (
            younger.age_rank > elder.age_rank
            or younger.age_rank = elder.age_rank and younger.voter_id > elder.voter_id
        )

)

select * from final
