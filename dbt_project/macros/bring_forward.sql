{# How tables of voters are brought forward to newer deliveries: those who changed make room and are built anew. #}

{% macro forget_changed_voters() -%}
    delete from {{ this }} where voter_id in (select voter_id from {{ ref('int_changed_records') }})
{%- endmacro %}

{# Of the mart voters those, too, whose votes or elections are counted otherwise than before. #}
{% macro forget_outdated_voters() -%}
    delete from {{ this }}
    where voter_id in (
        select voter_id from {{ ref('int_changed_records') }}
        union all
        select voters.voter_id
        from {{ this }} as voters
        left join {{ ref('int_registrations') }} as registrations on registrations.voter_id = voters.voter_id
        left join {{ ref('int_eligible_elections') }} as eligible
            on eligible.state_code = registrations.state_code
            and eligible.registration_date = registrations.registration_date
        left join {{ ref('int_voter_records') }} as records on records.voter_id = voters.voter_id
        where eligible.general_eligible_count is distinct from voters.general_eligible_count
            or eligible.primary_eligible_count is distinct from voters.primary_eligible_count
            or records.last_voted_date is distinct from voters.last_voted_date
            or records.usual_voting_method is distinct from voters.usual_voting_method
            or (
                eligible.general_eligible_count is not null
                and (
                    coalesce(records.general_voted_count, 0) <> voters.general_voted_count
                    or coalesce(records.primary_voted_count, 0) <> voters.primary_voted_count
                )
            )
    )
{%- endmacro %}

{# A newer file has everybody's record, also in other places: of voters who did not change only that is written anew. #}
{% macro renew_origins() -%}
    update {{ this }}
    set delivery_id = records.delivery_id, record_number = records.record_number, as_of = records.as_of
    from ({{ union_states('voters', ['voter_id', 'delivery_id', 'record_number', 'as_of']) }}) as records
    where records.voter_id = {{ this }}.voter_id
        and {{ this }}.voter_id not in (select voter_id from {{ ref('int_changed_records') }})
{%- endmacro %}
