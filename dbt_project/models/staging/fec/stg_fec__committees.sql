with source as (

    select * from {{ source('fec', 'fec_committees') }}

),

typed as (

    select
        {{ clean_code("cmte_id") }} as committee_id,
        {{ fold_blanks("cmte_nm") }} as name,
        {{ clean_code("cmte_tp") }} as committee_type,
        {{ clean_code("cmte_dsgn") }} as designation,
        {{ clean_code("cmte_pty_affiliation") }} as party_code,
        {{ clean_code("cmte_st") }} as state_code,
        {{ fold_blanks("connected_org_nm") }} as connected_organisation,
        {{ clean_code("cand_id") }} as candidate_id,
        _delivery_id as delivery_id,
        _record_number as record_number,
        _as_of as as_of
    from source

),

final as (

    select *
    from typed
    where {{ regexp_contains("committee_id", "^C[0-9]{8}$") }}
        and name is not null

)

select * from final
