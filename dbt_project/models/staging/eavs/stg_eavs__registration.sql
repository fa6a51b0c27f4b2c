select
    {{ clean_code("state_abbr") }} as state_code,
    {{ federal_election_day(try_to_integer("election_year")) }} as election_date,
    {{ padded_number("fips", 5) }} as county_fips,
    {{ fold_blanks("county_name") }} as county_name,
    {{ try_to_integer("total_reg") }} as registered_count,
    {{ try_to_integer("total_active_reg") }} as active_count,
    {{ try_to_integer("total_voters_removed") }} as removed_count
from {{ source('eavs', 'eavs_registration') }}
