{# The voters to whom the people of a relation are linked: one row per e-mail address, telephone number and name in it. An address,
   or else a number, leads to the one voter who has it, if the first and last name are the same: what several have leads to nobody, and what
   one of a household has in the voter file may be used by all of it. #}
{% macro exact_links(relation) -%}
    select people.email, people.phone, people.first_name, people.last_name, coalesce(by_email.voter_id, by_phone.voter_id) as voter_id,
        case when by_email.voter_id is not null then 'email' else 'phone' end as linked_by
    from (select distinct email, phone, first_name, last_name from {{ relation }}) as people
    left join (
        select records.email, min(records.voter_id) as voter_id, min(voters.first_name) as first_name,
            min(voters.last_name) as last_name
        from ({{ union_states('voters', ['voter_id', 'email']) }}) as records
        join {{ ref('voters') }} as voters on voters.voter_id = records.voter_id
        where records.email in (select email from {{ relation }})
        group by records.email
        having count(distinct records.voter_id) = 1
    ) as by_email
        on by_email.email = people.email and by_email.first_name = people.first_name and by_email.last_name = people.last_name
    left join (
        select phone, min(voter_id) as voter_id, min(first_name) as first_name, min(last_name) as last_name
        from {{ ref('voters') }}
        where phone in (select phone from {{ relation }})
        group by phone
        having count(*) = 1
    ) as by_phone
        on by_phone.phone = people.phone and by_phone.first_name = people.first_name and by_phone.last_name = people.last_name
    where coalesce(by_email.voter_id, by_phone.voter_id) is not null
{%- endmacro %}
