{# Who of one home may be what to whom: chances by ages, sexes and names. They are shares of pairs of adults of one home as far as the
   Census Bureau's tables of families tell them (America's Families and Living Arrangements: ages of spouses, adult children at home,
   unmarried partners, housemates), rounded, and fitted to nothing. `gap` is in years, `age` that of the younger on election day; null is unknown. #}

{# More adults at one address are no household. #}
{% macro largest_household() -%} 10 {%- endmacro %}

{# Why a residence is no home of a family, by its street or by who lives there: a few who share names may be one family of any age. #}
{% macro group_quarters_reason() -%}
    case
        when {{ regexp_contains("addresses.street", "(^| )(PRISON|JAIL|PENITENTIARY|CORRECTIONAL|DETENTION)( (CTR|CENTER|FACILITY|INSTITUTION|CAMP))?$") }}
            then 'prison'
        when {{ regexp_contains("addresses.street", "(^| )(NURSING (HM|HOME|CTR|CENTER)|ASSISTED LIVING|REST HOME)( |$)") }} then 'care home'
        when {{ regexp_contains("addresses.street", "(^| )(DORM|DORMITORY|RESIDENCE HALL|RES HALL)( |$)") }} then 'dormitory'
        when counted.voter_count >= 6 and 5 * counted.surname_count >= 4 * counted.voter_count
            and 10 * counted.old_count >= 9 * counted.voter_count then 'care home'
        when counted.voter_count >= 6 and 5 * counted.surname_count >= 4 * counted.voter_count
            and 10 * counted.young_count >= 9 * counted.voter_count then 'dormitory'
        when counted.voter_count > {{ largest_household() }} then 'more than ten adults'
    end
{%- endmacro %}

{# Years between a parent and a child, a chance below which is none. #}
{% macro is_generation(gap) -%} {{ gap }} between 16 and 50 {%- endmacro %}

{# Partners, of the two sexes or where a state records none: who of one sex shares a name may be anything, and what that would tell is nobody's
   business. `rivals` is how many could as well be the partner of one of them. #}
{% macro chance_of_partner(gap, age, sexes, shares_name, is_child, rivals) -%}
    case
        when {{ sexes }} = 'same' or {{ gap }} is null or {{ gap }} > 24 then 0.0
        when {{ shares_name }} and {{ gap }} > 15 then
            case when {{ age }} < 32 then 0.1 when {{ gap }} < 20 then 0.5 else 0.2 end
        when {{ shares_name }} and {{ is_child }} then
            case when {{ age }} < 32 then 0.05 when {{ age }} < 42 then 0.35 else 0.6 end
        when {{ shares_name }} then
            case when {{ age }} < 25 then 0.35 when {{ age }} < 30 then 0.65 when {{ age }} < 36 then 0.88 else 0.95 end
            * case when {{ gap }} > 10 then 0.85 else 1 end
        when {{ gap }} > 12 then 0.15
        else
            case when {{ age }} < 25 then 0.3 when {{ age }} < 30 then 0.5 when {{ age }} < 36 then 0.7 else 0.82 end
            * case when {{ gap }} > 9 then 0.65 when {{ gap }} > 5 then 0.85 else 1 end
            * case {{ rivals }} when 0 then 1 when 1 then 0.5 else 0.3 end
            * case when {{ sexes }} is null then 0.65 else 1 end
    end
{%- endmacro %}

{# The older is the younger's parent. `others` is how many of the older's sex could be as well, `has_between` whether somebody is a generation
   after the one and before the other. #}
{% macro chance_of_parent(gap, age, elder_sex, sexes, shares_name, is_namesake, others, has_between) -%}
    case
        when {{ gap }} is null or not {{ is_generation(gap) }} then 0.0
        when not {{ shares_name }} then
            case when {{ gap }} between 18 and 42 then case {{ elder_sex }} when 'F' then 0.45 when 'M' then 0.35 else 0.4 end else 0.1 end
        else
            case
                when {{ is_namesake }} then 0.97
                when {{ gap }} > 45 then case {{ elder_sex }} when 'M' then 0.6 else 0.2 end
                when {{ gap }} >= 25 or {{ sexes }} = 'same' and {{ gap }} >= 20 then 0.93
                when {{ age }} < 32 then case when {{ gap }} < 20 then 0.75 else 0.9 end
                else case when {{ sexes }} = 'same' then 0.7 when {{ gap }} < 20 then 0.35 else 0.7 end
            end
            * case {{ others }} when 0 then 1 when 1 then 0.6 else 0.4 end
            * case when {{ has_between }} then 0.2 else 1 end
    end
{%- endmacro %}

{# Brothers and sisters of one name; `is_child` says that somebody here could be the parent of both. #}
{% macro chance_of_sibling(gap, age, sexes, shares_name, is_child) -%}
    case
        when not {{ shares_name }} or {{ gap }} is null or {{ gap }} > 20 then 0.0
        when {{ is_child }} then
            case when {{ sexes }} = 'same' then 0.9 when {{ age }} < 32 then 0.9 when {{ age }} < 42 then 0.6 else 0.35 end
            * case when {{ gap }} > 14 then 0.25 else 1 end
        when {{ gap }} > 15 then 0.2
        when {{ sexes }} = 'same' then case when {{ age }} < 32 then 0.75 else 0.6 end
        else case when {{ age }} < 25 then 0.55 when {{ age }} < 30 then 0.3 when {{ age }} < 36 then 0.1 else 0.04 end
    end
{%- endmacro %}
