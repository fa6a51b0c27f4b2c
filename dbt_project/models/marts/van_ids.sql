{{ config(meta={'rows_of': ['int_van_voters']}) }}
with linked as (

    -- What goes back into VAN names a voter by what the state's own id says, not by an address or a number.
    select van_id, voter_id from {{ ref('int_van_voters') }} where linked_by = 'state_voter_id'

),

final as (

    select van_id, voter_id from linked qualify count(*) over (partition by voter_id) = 1

)

select * from final
