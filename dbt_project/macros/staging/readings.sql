{# What the files of all states have alike, and how it is read. #}

{# A day of registration; null for placeholders. #}
{% macro believed_day(day) -%}
    case when {{ day }} > date '1900-01-01' then {{ day }} end
{%- endmacro %}

{# A day of an election; null for placeholders. Nobody can have voted after the file was made. #}
{% macro day_held(day) -%}
    case when {{ day }} > date '1900-01-01' and {{ day }} <= _as_of then {{ day }} end
{%- endmacro %}

{# A day or a year of birth; null where clerks knew none: they enter 1900 and earlier, or what makes an age of over 117. #}
{% macro believed_birth_date(day) -%}
    case when {{ full_years_between(day, "_as_of") }} between 0 and 117 then {{ day }} end
{%- endmacro %}

{% macro believed_birth_year(year) -%}
    case when {{ year }} > 1900 and {{ year_of("_as_of") }} - {{ year }} between 0 and 117 then {{ year }} end
{%- endmacro %}

{# Both parts of a ZIP code from its digits, all nine or the first five. #}
{% macro zip5_of(digits) -%}
    case when length({{ digits }}) in (5, 9) then left({{ digits }}, 5) end
{%- endmacro %}

{% macro zip4_of(digits) -%}
    case when length({{ digits }}) = 9 then right({{ digits }}, 4) end
{%- endmacro %}

{# The country of an address abroad; null for the United States. #}
{% macro foreign_country(country) -%}
    case
        when {{ country }} not in ('US', 'USA', 'U.S.', 'U.S.A.', 'UNITED STATES', 'UNITED STATES OF AMERICA') then {{ country }}
    end
{%- endmacro %}

{# The end of a mailing address of which the file gives the country; abroad the postal code stands beside the city. Digits of the ZIP code
   are in `mail_zip_digits`. #}
{% macro mail_place(city, postal_code, country, zip4="case when length(mail_zip_digits) = 9 then right(mail_zip_digits, 4) end") -%}
    case
        when {{ foreign_country(country) }} is not null then nullif(concat_ws(' ', {{ city }}, {{ postal_code }}), '')
        else {{ city }}
    end as mail_city,
        case when {{ foreign_country(country) }} is null then {{ zip5_of('mail_zip_digits') }} end as mail_zip5,
        case when {{ foreign_country(country) }} is null then {{ zip4 }} end as mail_zip4,
        {{ foreign_country(country) }} as mail_country,
{%- endmacro %}

{# Where a voter's record came from, and by what it is compared with that of another delivery. #}
{% macro voter_origin() -%}
    _delivery_id as delivery_id,
        _record_number as record_number,
        _as_of as as_of,
        _record_hash as record_hash
{%- endmacro %}
