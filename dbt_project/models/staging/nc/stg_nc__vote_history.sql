with source as (

    select * from {{ source('nc', 'nc_vote_history') }}

),

read as (

    select
        *,
        {{ try_to_date("trim(election_lbl)", "%m/%d/%Y") }} as election_date_read
    from source

),

final as (

    select
        'NC-' || {{ clean_code("ncid") }} as voter_id,
        {{ clean_code("ncid") }} as state_voter_id,
        'NC' as state_code,
        {{ nc_county_fips('_county') }} as county_fips,
        {{ clean_code("voter_reg_num") }} as county_voter_id,
        {{ day_held('election_date_read') }} as election_date,
        {{ fold_blanks("election_desc") }} as election_description,
        {{ fold_blanks("voting_method") }} as voting_method_label,
        {{ clean_code("voted_party_cd") }} as voted_party_code,
        {{ nc_county_fips('trim(voted_county_id)') }} as voted_county_fips,
        {{ clean_code("pct_label") }} as voted_precinct_code,
        {{ fold_blanks("pct_description") }} as voted_precinct_name,
        {{ clean_code("vtd_label") }} as voted_district_code,
        -- North Carolina lists a ballot once it has been counted.
        true as is_counted,
        _delivery_id as delivery_id,
        _record_number as record_number,
        _as_of as as_of
    from read

)

{{ in_shape(vote_history_shape(), 'final') }}
