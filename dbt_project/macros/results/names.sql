{# What sources of official results call offices, parties, ways of voting, candidates and precincts, brought to one name each.
   Each takes an expression in capitals with single blanks, as fold_blanks makes it. #}

{# An office without its district. Other offices than the six of which there is a list stay as they are called. #}
{% macro office_name(office) -%}
    case
        when {{ regexp_contains(office, "^(U\\.?S\\.? |UNITED STATES )?PRESIDENT($| AND | OF |/| /)") }} then 'US PRESIDENT'
        when {{ regexp_contains(office, "^(U\\.?S\\.?|UNITED STATES) SENAT(E|OR)$") }} then 'US SENATE'
        when {{ regexp_contains(office, "^(U\\.?S\\.?|UNITED STATES) (HOUSE|REPRESENTATIVE|CONGRESS)|^CONGRESS$|^REPRESENTATIVE IN CONGRESS") }}
            then 'US HOUSE'
        when {{ regexp_contains(office, "^GOVERNOR($| AND |/| /)") }} then 'GOVERNOR'
        when {{ regexp_contains(office, "^STATE SENAT(E|OR)$") }} then 'STATE SENATE'
        when {{ regexp_contains(office, "^STATE (HOUSE|REPRESENTATIVE|ASSEMBLY|DELEGATE)|^HOUSE OF (REPRESENTATIVES|DELEGATES)$") }}
            then 'STATE HOUSE'
        else {{ office }}
    end
{%- endmacro %}

{# 003, CD3 and 3 are one district of a legislature; a contest of the whole state has none. #}
{% macro contest_district(district) -%}
    nullif(nullif({{ regexp_replace_all(district, "^(CD|SD|HD|LD|DISTRICT )?0*", "") }}, 'STATEWIDE'), '')
{%- endmacro %}

{# Parties by the codes of the voter table; OTH for the others, null where the contest or the row has none. #}
{% macro party_code(party) -%}
    case
        when {{ regexp_contains(party, "^(DEM|DEMOCRAT|DEMOCRATIC|D|DFL|DEMOCRATIC.FARMER.LABOR)( PARTY)?$") }} then 'DEM'
        when {{ regexp_contains(party, "^(REP|REPUBLICAN|R|GOP)( PARTY)?$") }} then 'REP'
        when {{ regexp_contains(party, "^(LIB|LBT|LTP|LP|LIBERTARIAN)( PARTY)?$") }} then 'LIB'
        when {{ regexp_contains(party, "^(GRE|GRN|GREEN)( PARTY)?$") }} then 'GRE'
        when {{ regexp_contains(party, "^(CST|CON|(AMERICAN )?CONSTITUTION|US TAXPAYERS|U\\.S\\. TAXPAYERS)( PARTY)?$") }} then 'CST'
        when {{ regexp_contains(party, "^(IND|ID|NPA|UNA|INDEPENDENT|UNAFFILIATED|NO PARTY (AFFILIATION|PREFERENCE))$") }} then 'UNA'
        when {{ regexp_contains(party, "^(NON|NOP|NONPARTISAN)$") }} then 'NON'
        when {{ party }} in ('NA', 'NONE') then null
        when {{ party }} is not null then 'OTH'
    end
{%- endmacro %}

{# Ways of voting by the names of seeds/voting_methods.csv, and `total` where the row is all of them together. #}
{% macro result_voting_method(mode) -%}
    case
        when coalesce({{ mode }}, 'TOTAL') in ('TOTAL', 'VOTES', 'TOTALS') then 'total'
        when {{ mode }} in ('ONE STOP', 'ONE-STOP') or {{ regexp_contains(mode, "^(EARLY|ADVANCE|IN.PERSON (EARLY|ABSENTEE)|ABSENTEE.IN.PERSON)") }}
            then 'early_in_person'
        when {{ regexp_contains(mode, "ABSENTEE|MAIL") }} then 'mail'
        when {{ regexp_contains(mode, "^(ELECTION.DAY|POLL|IN.PERSON|MACHINE|ELECTRONIC|REGULAR)") }} then 'election_day'
        when {{ regexp_contains(mode, "^PROV") }} then 'provisional'
        when {{ regexp_contains(mode, "OVERSEAS|UOCAVA|MILITARY") }} then 'overseas'
        when {{ mode }} = 'CURBSIDE' then 'curbside'
        else 'other'
    end
{%- endmacro %}

{# What stands in a candidate's place and is none: a sum, or votes for nobody. Null for a candidate. #}
{% macro pseudo_candidate(candidate) -%}
    case
        when {{ regexp_contains(candidate, "^(OVER|UNDER) ?-?VOTES?$|^BLANKS?( VOTES?| BALLOTS?)?$|^TIMES (OVER|BLANK)") }} then 'no choice'
        when {{ regexp_contains(candidate, "^((TOTAL |TIMES )?(BALLOTS?|VOTES?) ?(CAST|COUNTED)?|CAST VOTES|(CONTEST |GRAND )?TOTALS?( VOTES?)?( CAST)?|TIMES COUNTED|REGISTERED VOTERS)$") }}
            then 'sum'
        when {{ regexp_contains(candidate, "^(REJECTED|UNRESOLVED|UNQUALIFIED|UNASSIGNED|INVALID|NOT ASSIGNED|NOT QUALIFIED|VOID|SPOILED)( WRITE-?INS?| VOTES?| BALLOTS?)?$|INVALID WRITE-?IN") }}
            then 'not counted by the state'
    end
{%- endmacro %}

{# What a precinct's name says that it is, where it is no precinct: votes that a county does not sort by precinct, or its sum. #}
{% macro precinct_kind(name) -%}
    case
        when {{ name }} is null or {{ regexp_contains(name, "FLOATING") }} then 'floating'
        when {{ regexp_contains(name, "^((GRAND|COUNTY|PRECINCT) )*TOTALS?$|- TOTALS?$") }} then 'county_total'
        when {{ regexp_contains(name, "^(ABS|ABSENTEE|ABS BY|ABSENTEE BY)( MAIL)?( [0-9].*)?$|AVCB|ABSENT VOTER|^MAIL( BALLOTS?)?$") }} then 'mail'
        when {{ regexp_contains(name, "ONE ?STOP|^OS[ -]|^OS[A-Z]{2,3} [0-9]+-[0-9]+$|^EARLY( VOT|$)") }} then 'early_in_person'
        when {{ regexp_contains(name, "^PROV(I|ISIONAL|ISIOINAL)?( [0-9].*)?$") }} then 'provisional'
        when {{ regexp_contains(name, "^TRANSFER") }} then 'transfer'
        when {{ regexp_contains(name, "^CURBSIDE") }} then 'curbside'
        else 'precinct'
    end
{%- endmacro %}

{# A precinct's code or name without what counties write in different ways: signs, blanks, zeros before a number, the word. #}
{% macro precinct_number(name) -%}
    nullif({{ regexp_replace_all(
        regexp_replace_all("upper(" ~ name ~ ")", "\\b(PRECINCT|PCT|PREC|TOWNSHIP|TWP|TOWN OF|CITY OF|VILLAGE OF)\\b|[^A-Z0-9 ]| ", ""),
        "(^|[A-Z])0+([1-9])", "\\1\\2"
    ) }}, '')
{%- endmacro %}
