-- Who of one home is what to whom, with its chance. Two who share a surname are always kin, of whatever kind; others are where something
-- makes it likelier than not.
{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='fail', meta={'built_anew_with': ['voters']},
    pre_hook="{{ forget_touched_residences() if is_incremental() }}") }}
-- depends_on: {{ ref('int_touched_residences') }}
-- depends_on: {{ ref('voters') }}
with pairs as (

    select * from {{ ref('int_home_pairs') }}
    {% if is_incremental() -%}
    where residence_id in (select residence_id from {{ ref('int_touched_residences') }})
    {%- endif %}

),

generations as (

    select elder_id, younger_id, elder_sex from pairs where shares_surname and {{ is_generation("gap") }}

),

children as (

    select
        younger_id as voter_id,
        count(*) as elder_count,
        count(*) filter (where elder_sex = 'F') as mother_count,
        count(*) filter (where elder_sex = 'M') as father_count
    from generations
    group by younger_id

),

with_somebody_between as (

    select distinct first.elder_id, second.younger_id
    from generations as first
    inner join generations as second on second.elder_id = first.younger_id

),

-- Of how many of another surname somebody could be the partner.
matches as (

    select elder_id, younger_id
    from pairs
    where not shares_surname and gap <= 12 and sexes is distinct from 'same'

),

match_counts as (

    select voter_id, count(*) as match_count
    from (select elder_id as voter_id from matches union all select younger_id from matches) as both_of_each
    group by voter_id

),

judged as (

    select
        pairs.*,
        {{ chance_of_partner(
            "pairs.gap", "pairs.age", "pairs.sexes", "pairs.shares_surname",
            "(of_elder.voter_id is not null and of_younger.voter_id is not null)",
            "(coalesce(elder_matches.match_count, 1) + coalesce(younger_matches.match_count, 1) - 2)"
        ) }} as partner_chance,
        {{ chance_of_parent(
            "pairs.gap", "pairs.age", "pairs.elder_sex", "pairs.sexes", "pairs.shares_surname", "pairs.is_namesake",
            "case pairs.elder_sex when 'F' then of_younger.mother_count - 1 when 'M' then of_younger.father_count - 1
                else greatest(of_younger.elder_count - 2, 0) end",
            "(with_somebody_between.elder_id is not null)"
        ) }} as parent_chance,
        {{ chance_of_sibling(
            "pairs.gap", "pairs.age", "pairs.sexes", "pairs.shares_surname",
            "(of_elder.voter_id is not null and of_younger.voter_id is not null)"
        ) }} as sibling_chance
    from pairs
    left join children as of_elder on of_elder.voter_id = pairs.elder_id
    left join children as of_younger on of_younger.voter_id = pairs.younger_id
    left join with_somebody_between
        on with_somebody_between.elder_id = pairs.elder_id
        and with_somebody_between.younger_id = pairs.younger_id
    left join match_counts as elder_matches on elder_matches.voter_id = pairs.elder_id
    left join match_counts as younger_matches on younger_matches.voter_id = pairs.younger_id

),

-- Nobody has two partners: of several the likeliest, then the one nearest in age.
ranked_partners as (

    select
        elder_id,
        younger_id,
        row_number() over (partition by voter_id order by partner_chance desc, gap, elder_id, younger_id) as place
    from (
        select elder_id as voter_id, elder_id, younger_id, partner_chance, gap from judged where partner_chance >= 0.3
        union all
        select younger_id, elder_id, younger_id, partner_chance, gap from judged where partner_chance >= 0.3
    ) as both_of_each

),

partners as (

    select elder_id, younger_id from ranked_partners where place = 1 group by elder_id, younger_id having count(*) = 2

),

-- Who lives with a parent's partner has a parent in her, too.
parents_by_partner as (

    select distinct couples.voter_id as elder_id, judged.younger_id
    from (
        select elder_id as voter_id, younger_id as partner_id from partners
        union all
        select younger_id, elder_id from partners
    ) as couples
    inner join judged on judged.elder_id = couples.partner_id
    where judged.shares_surname and judged.parent_chance >= 0.5

),

-- What is ruled out leaves its chance to the rest.
ruled_out as (

    select
        judged.*,
        partners.elder_id is null as is_no_couple,
        case when partners.elder_id is null and judged.partner_chance >= 0.3 then 1 - 0.9 * judged.partner_chance else 1 end as rest
    from judged
    left join partners on partners.elder_id = judged.elder_id and partners.younger_id = judged.younger_id

),

chances as (

    select
        ruled_out.residence_id,
        ruled_out.elder_id,
        ruled_out.younger_id,
        ruled_out.shares_surname,
        ruled_out.partner_chance * case when ruled_out.is_no_couple then 0.1 else 1 end as partner_chance,
        case
            when ruled_out.shares_surname then {{ safe_divide("ruled_out.parent_chance", "ruled_out.rest") }}
            when ruled_out.parent_chance = 0 then 0
            when parents_by_partner.elder_id is not null then 0.75
            when ruled_out.shares_middle_name then 0.8
            else ruled_out.parent_chance
        end as parent_chance,
        {{ safe_divide("ruled_out.sibling_chance", "ruled_out.rest") }} as sibling_chance
    from ruled_out
    left join parents_by_partner
        on parents_by_partner.elder_id = ruled_out.elder_id
        and parents_by_partner.younger_id = ruled_out.younger_id

),

weighed as (

    select
        *,
        greatest(1, partner_chance + parent_chance + sibling_chance) as weight,
        greatest(0, 1 - partner_chance - parent_chance - sibling_chance) as other_chance
    from chances

),

final as (

    select
        residence_id,
        elder_id,
        younger_id,
        shares_surname,
        case greatest(partner_chance, parent_chance, sibling_chance, other_chance)
            when partner_chance then 'partner'
            when parent_chance then 'parent'
            when sibling_chance then 'sibling'
            else 'other'
        end as relation,
        cast(
            {{ safe_divide("greatest(partner_chance, parent_chance, sibling_chance, other_chance)", "weight") }} as decimal(3, 2)
        ) as chance
    from weighed
    where shares_surname or greatest(partner_chance, parent_chance) >= 0.5

)

select * from final
