{# The contacts shared in the app that hold: by the newest export that has them, not taken back, and made under the consent that the member has
   now; with the member and the voter who the member is. A macro and no model: what is said of a contact may serve for matching
   where it is read, and is handed on to nobody. #}
{% macro shares_that_hold() -%}
    select ranked.* exclude (age, is_withdrawn, member_id), members.member_id, members.voter_id as member_voter_id
    from (
        select
            *,
            row_number() over (
                partition by share_id
                order by as_of desc, (not is_withdrawn), delivery_id, record_number desc
            ) as age
        from {{ ref('stg_app__contacts') }}
    ) as ranked
    inner join {{ ref('int_app_members') }} as members
        on members.member_id = 'APP-' || ranked.member_id
        and members.consents_to_contacts
        and ranked.shared_at >= members.consented_at
    where ranked.age = 1 and not ranked.is_withdrawn
{%- endmacro %}
