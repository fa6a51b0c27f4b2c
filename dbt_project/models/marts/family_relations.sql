-- Both ways round: who is what to whom, of those who live together and of those who did by earlier files. The latter are few, and built
-- anew each time.
{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='fail', meta={'built_anew_with': ['voters']},
    pre_hook="{{ forget_touched_relations() if is_incremental() }}") }}
-- depends_on: {{ ref('int_touched_residences') }}
with homes as (

    select residence_id from {{ ref('residences') }} where group_quarters_reason is null

),

-- Homes that more than twenty have left are no homes.
past_homes as (

    select residence_id
    from {{ ref('int_past_residences') }}
    group by residence_id
    having count(*) <= 20

),

left_home as (

    select past.voter_id, past.residence_id, past.last_name, past.seen_on
    from {{ ref('int_past_residences') }} as past
    inner join past_homes on past_homes.residence_id = past.residence_id

),

-- Those alone who left a home or are in one that somebody left.
voters as (

    select voter_id, residence_id, last_name, birth_year, age_years, case when sex_code in ('F', 'M') then sex_code end as sex_code
    from {{ ref('voters') }}
    where residence_id in (select residence_id from left_home) or voter_id in (select voter_id from left_home)

),

seen_there as (

    select voter_id, residence_id, last_name, seen_on from left_home
    union all
    select voters.voter_id, voters.residence_id, voters.last_name, null
    from voters
    inner join homes on homes.residence_id = voters.residence_id
    where voters.residence_id in (select residence_id from left_home)

),

-- One surname at one place, and not together now. Who was seen elsewhere that day or later came after.
parted as (

    select
        left_home.residence_id,
        least(left_home.voter_id, seen_there.voter_id) as one_id,
        greatest(left_home.voter_id, seen_there.voter_id) as other_id,
        max(least(left_home.seen_on, coalesce(seen_there.seen_on, left_home.seen_on))) as together_on
    from left_home
    inner join seen_there
        on seen_there.residence_id = left_home.residence_id
        and seen_there.last_name = left_home.last_name
        and seen_there.voter_id <> left_home.voter_id
    left join left_home as elsewhere
        on elsewhere.voter_id = seen_there.voter_id
        and elsewhere.residence_id <> left_home.residence_id
        and elsewhere.seen_on >= left_home.seen_on
    where elsewhere.voter_id is null
    group by all

),

parted_pairs as (

    select
        parted.residence_id,
        parted.together_on,
        case when one.birth_year <= other.birth_year then one.voter_id else other.voter_id end as elder_id,
        case when one.birth_year <= other.birth_year then other.voter_id else one.voter_id end as younger_id,
        abs(one.birth_year - other.birth_year) as gap,
        least(one.age_years, other.age_years) as age,
        case when one.birth_year <= other.birth_year then one.sex_code else other.sex_code end as elder_sex,
        case when one.sex_code = other.sex_code then 'same' when one.sex_code <> other.sex_code then 'opposite' end as sexes
    from parted
    inner join voters as one on one.voter_id = parted.one_id
    inner join voters as other on other.voter_id = parted.other_id
    where one.residence_id is distinct from other.residence_id

),

parted_parents as (

    select
        *,
        {{ chance_of_parent("gap", "age", "elder_sex", "sexes", "true", "false", "0", "false") }} as parent_chance
    from parted_pairs

),

parents as (

    select elder_id, younger_id
    from {{ ref('int_kin') }}
    where relation = 'parent' and younger_id in (select elder_id from parted_pairs union all select younger_id from parted_pairs)
    union all
    select elder_id, younger_id from parted_parents where parent_chance >= 0.5

),

children_of_one as (

    select distinct one.younger_id as one_id, other.younger_id as other_id
    from parents as one
    inner join parents as other on other.elder_id = one.elder_id and other.younger_id <> one.younger_id
    where one.younger_id in (select elder_id from parted_pairs)

),

-- Whether they were partners is not asked: if so, they no longer are.
parted_chances as (

    select
        parted_parents.*,
        {{ chance_of_sibling("gap", "age", "sexes", "true", "(children_of_one.one_id is not null)") }} as sibling_chance
    from parted_parents
    left join children_of_one
        on children_of_one.one_id = parted_parents.elder_id
        and children_of_one.other_id = parted_parents.younger_id

),

pairs as (

    select residence_id, elder_id, younger_id, relation, chance, shares_surname, true as lives_together, cast(null as date) as together_on
    from {{ ref('int_kin') }}
    {% if is_incremental() -%}
    where residence_id in (select residence_id from {{ ref('int_touched_residences') }})
    {%- endif %}
    union all
    select
        residence_id,
        elder_id,
        younger_id,
        case
            when parent_chance >= 0.5 then 'parent'
            when sibling_chance >= 0.5 then 'sibling'
            else 'other'
        end,
        cast(case
            when parent_chance >= 0.5 then parent_chance
            when sibling_chance >= 0.5 then sibling_chance
            else greatest(0, 1 - parent_chance - sibling_chance)
        end as decimal(3, 2)),
        true,
        false,
        together_on
    from parted_chances
    qualify row_number() over (partition by elder_id, younger_id order by together_on desc, residence_id) = 1

),

final as (

    select
        younger_id as voter_id,
        elder_id as relative_voter_id,
        relation,
        chance as probability_estimate,
        shares_surname,
        lives_together,
        residence_id,
        together_on
    from pairs
    union all
    select
        elder_id,
        younger_id,
        case relation when 'parent' then 'child' else relation end,
        chance,
        shares_surname,
        lives_together,
        residence_id,
        together_on
    from pairs

)

select * from final
