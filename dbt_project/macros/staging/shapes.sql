{# The shapes of staging: what every state's files are brought to, however they are laid out. Each entry is a column, its type
   and what it means in every state; what it means in one state more than that stands in the YAML of that state's model. #}

{# `stg_<state>__voters` and `stg_<state>__voters_previous`: one row per record of a voter file. #}
{% macro voter_shape() -%}
    {%- do return([
        ('voter_id', 'varchar', "state_code, a dash and the state's own id; null where the file gives none"),
        ('state_voter_id', 'varchar', "the state's own id, the same in every county"),
        ('state_code', 'varchar', 'two letters'),
        ('county_code', 'varchar', "the county as the state's files code it, empty where unreadable; deliveries replace each other by it"),
        ('county_fips', 'varchar', 'the federal code of the county, five digits, by the seed counties'),
        ('county_voter_id', 'varchar', 'an id that is unique within the county only'),
        ('first_name', 'varchar', 'capital letters, blanks folded; so are all names and addresses'),
        ('middle_name', 'varchar', 'name or initial'),
        ('last_name', 'varchar', ''),
        ('name_suffix', 'varchar', 'such as JR or III'),
        ('registration_status', 'varchar', 'active, inactive, temporary, removed, denied, or unknown for a code that no layout lists'),
        ('status_reason_code', 'varchar', ''),
        ('status_reason', 'varchar', ''),
        ('registration_date', 'date', 'null where the state masks it or enters a placeholder'),
        ('residence_address', 'varchar', 'house number, street and unit in one line'),
        ('residence_city', 'varchar', ''),
        ('zip5', 'varchar', 'five digits'),
        ('zip4', 'varchar', 'four digits'),
        ('mail_address_1', 'varchar', ''),
        ('mail_address_2', 'varchar', ''),
        ('mail_address_3', 'varchar', ''),
        ('mail_address_4', 'varchar', ''),
        ('mail_city', 'varchar', ''),
        ('mail_state_code', 'varchar', ''),
        ('mail_zip5', 'varchar', ''),
        ('mail_zip4', 'varchar', ''),
        ('mail_country', 'varchar', 'null for the United States, however it is written'),
        ('phone', 'varchar', 'ten digits'),
        ('email', 'varchar', 'small letters'),
        ('party_code', 'varchar', 'DEM, REP, LIB, GRE, UNA for a registration without a party, other parties by the code of the state'),
        ('sex_code', 'varchar', 'F, M, U for one that is not told'),
        ('race_code', 'varchar', "by the state's code"),
        ('ethnicity_code', 'varchar', "by the state's code"),
        ('birth_date', 'date', 'null for placeholders; so is the year'),
        ('birth_year', 'integer', ''),
        ('birth_state_code', 'varchar', ''),
        ('precinct_code', 'varchar', 'unique within the county, zeros kept'),
        ('precinct_name', 'varchar', ''),
        ('voting_district_code', 'varchar', 'the voting tabulation district'),
        ('municipality_code', 'varchar', ''),
        ('municipality_name', 'varchar', ''),
        ('ward_code', 'varchar', ''),
        ('congressional_district', 'varchar', ''),
        ('state_senate_district', 'varchar', ''),
        ('state_house_district', 'varchar', ''),
        ('county_commission_district', 'varchar', ''),
        ('school_district', 'varchar', ''),
        ('township_code', 'varchar', ''),
        ('other_districts', 'map(varchar, varchar)', 'further districts in which somebody is elected, by kind'),
        ('delivery_id', 'varchar', 'the delivery from which the record came'),
        ('record_number', 'bigint', "the record's position in the delivered file, from 1"),
        ('as_of', 'date', 'the day that the file shows'),
        ('record_hash', 'ubigint', 'of the record as delivered, to compare it by'),
    ]) -%}
{%- endmacro %}

{# `stg_<state>__vote_history`: one row per record of a voter's part in an election. #}
{% macro vote_history_shape() -%}
    {%- do return([
        ('voter_id', 'varchar', 'as in the voter shape'),
        ('state_voter_id', 'varchar', ''),
        ('state_code', 'varchar', ''),
        ('county_fips', 'varchar', 'the county in which the voter is registered'),
        ('county_voter_id', 'varchar', ''),
        ('election_date', 'date', 'null where unreadable or after the day of the file'),
        ('election_description', 'varchar', 'the election in words, from which its kind is told'),
        ('voting_method_label', 'varchar', "the state's word or code for the way of voting; the seed voting_methods translates it"),
        ('voted_party_code', 'varchar', 'the party whose primary ballot the voter took, coded as in the voter shape'),
        ('voted_county_fips', 'varchar', 'the county in which the voter voted'),
        ('voted_precinct_code', 'varchar', ''),
        ('voted_precinct_name', 'varchar', ''),
        ('voted_district_code', 'varchar', ''),
        ('is_counted', 'boolean', 'whether it is a ballot that was counted'),
        ('delivery_id', 'varchar', ''),
        ('record_number', 'bigint', ''),
        ('as_of', 'date', ''),
    ]) -%}
{%- endmacro %}

{# `stg_<state>__voters_suppressed`: one row per record that the voters leave out. #}
{% macro suppressed_shape() -%}
    {%- do return([
        ('delivery_id', 'varchar', ''),
        ('record_number', 'bigint', ''),
        ('reason', 'varchar', 'confidential, under_18, or other_list where another list of the state stands for the record'),
    ]) -%}
{%- endmacro %}

{# The columns of a shape, in its order, from a relation that has them all but those listed: these the state does not record. #}
{% macro in_shape(shape, relation, unrecorded=[]) -%}
    select
    {%- for name, type, _ in shape %}
        cast({{ 'null' if name in unrecorded else name }} as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
    from {{ relation }}
{%- endmacro %}
