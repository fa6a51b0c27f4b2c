{%- set named -%}
(
        select
            history.*,
            case
                when history.voting_method_label is not null then coalesce(voting_methods.voting_method, 'unknown')
            end as voting_method
        from (
            {{ union_states('vote_history', [
                'voter_id', 'state_code', 'election_date', 'voting_method_label', 'voted_party_code', 'voted_county_fips',
                'voted_precinct_code', 'is_counted', 'delivery_id', 'record_number', 'as_of',
            ]) }}
        ) as history
        left join voting_methods
            on voting_methods.state_code = history.state_code
            and voting_methods.label = history.voting_method_label
        where history.voter_id is not null and history.election_date is not null
    ) as named
{%- endset %}
with voting_methods as (

    select * from {{ ref('voting_methods') }}

),

elections as (

    select * from {{ ref('int_elections') }}

),

-- Looked for by a number that a few others may share, who then stand below and are told apart.
more_than_once as (

    select {{ hash_of(['voter_id', 'election_date']) }} as vote
    from ({{ union_states('vote_history', ['voter_id', 'election_date']) }}) as keys
    where voter_id is not null and election_date is not null
    group by vote
    having count(*) > 1

),

-- The history is read anew for each: of what a query names twice all columns of all votes would be held.
one_row_each as (

    select named.* from {{ named }} anti join more_than_once on more_than_once.vote = {{ hash_of(['named.voter_id', 'named.election_date']) }}
    union all
    -- The state repeats a ballot under the old and the new label of its voting method.
    (
        select named.*
        from {{ named }}
        semi join more_than_once on more_than_once.vote = {{ hash_of(['named.voter_id', 'named.election_date']) }}
        qualify row_number() over (
            partition by voter_id, election_date
            order by is_counted desc, as_of desc, coalesce(voting_method, 'unknown') = 'unknown', record_number, delivery_id
        ) = 1
    )

),

final as (

    select
        one_row_each.voter_id,
        elections.election_id,
        one_row_each.state_code,
        one_row_each.election_date,
        elections.election_type,
        one_row_each.voting_method,
        -- In other elections the state repeats the party of registration here.
        case when elections.election_type in ('primary', 'second_primary') then one_row_each.voted_party_code end
            as ballot_party_code,
        one_row_each.voted_county_fips,
        one_row_each.voted_precinct_code,
        one_row_each.is_counted
    from one_row_each
    inner join elections
        on elections.state_code = one_row_each.state_code
        and elections.election_date = one_row_each.election_date

)

select * from final
