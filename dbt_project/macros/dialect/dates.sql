{# Dates in the engine's dialect. #}

{# A date read from text by a strptime format; null where the text is none, never an error (an error would quote it). #}
{% macro try_to_date(text, format) -%}
    cast(try_strptime({{ text }}, '{{ format }}') as date)
{%- endmacro %}

{# A time in UTC read from text in ISO's way, 2026-01-05T10:11:12.123Z or with another offset than Z, without one as UTC; null where the text
   is none, never an error. #}
{% macro try_to_utc(text) -%}
    {% set offset = "^.{19}[.0-9]*([+-])([0-9]{2}):?([0-9]{2})$" -%}
    case
        when not {{ regexp_contains(text, "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:?[0-9]{2})?$") }} then null
        when ends_with({{ text }}, 'Z') then try_cast({{ text }} as timestamp)
        else try_cast({{ text }} as timestamp) - to_minutes(coalesce(
            60 * try_cast(regexp_extract({{ text }}, '{{ offset }}', 1) || regexp_extract({{ text }}, '{{ offset }}', 2) as integer)
            + try_cast(regexp_extract({{ text }}, '{{ offset }}', 1) || regexp_extract({{ text }}, '{{ offset }}', 3) as integer), 0))
    end
{%- endmacro %}

{% macro year_of(date) -%}
    cast(year({{ date }}) as integer)
{%- endmacro %}

{# Days from the first date to the second. #}
{% macro days_between(first, second) -%}
    date_diff('day', {{ first }}, {{ second }})
{%- endmacro %}

{# Whole years from the first date to the second, as ages are counted: one born on 29 February is a year older on 1 March. #}
{% macro full_years_between(first, second) -%}
    cast(date_diff('year', {{ first }}, {{ second }}) - case
        when month({{ second }}) * 100 + day({{ second }}) < month({{ first }}) * 100 + day({{ first }}) then 1 else 0
    end as integer)
{%- endmacro %}

{# A date as the number 20260103. #}
{% macro date_number(date) -%}
    cast(strftime({{ date }}, '%Y%m%d') as integer)
{%- endmacro %}

{% macro iso_date(date) -%}
    strftime({{ date }}, '%Y-%m-%d')
{%- endmacro %}

{# A date as the states' files write it, 11/05/2024. #}
{% macro us_date(date) -%}
    strftime({{ date }}, '%m/%d/%Y')
{%- endmacro %}

{# The Tuesday after the first Monday of November. #}
{% macro federal_election_day(year) -%}
    make_date({{ year }}, 11, cast(2 + (9 - dayofweek(make_date({{ year }}, 11, 2))) % 7 as integer))
{%- endmacro %}

{% macro month_of(date) -%}
    month({{ date }})
{%- endmacro %}

{# A day and time in the styles that tools export and spreadsheets make of them: 2026-01-05 10:11:12, 1/5/2026 3:04 PM, 5-Jan-2026, each
   with or without the time; a year of two digits is of this century. Null where the text is none of these, never an error. `text` is a
   column without blanks around, as `plain_cell` reads it: it is asked for the signs that each style has, since a style that fails takes four
   times as long as one that fits. #}
{% macro try_to_time(text) -%}
    {% set time -%}
        case
            when contains({{ text }}, '/') and {{ text }} ilike '%m%'
                then try_strptime({{ text }}, ['%m/%d/%Y %I:%M %p', '%m/%d/%Y %I:%M:%S %p'])
            when contains({{ text }}, '/') and contains({{ text }}, ':')
                then try_strptime({{ text }}, ['%m/%d/%Y %H:%M', '%m/%d/%Y %H:%M:%S'])
            when contains({{ text }}, '/')
                then try_strptime({{ text }}, '%m/%d/%Y')
            when contains({{ text }}, ':')
                then try_strptime({{ text }}, ['%Y-%m-%d %H:%M:%S', '%Y-%m-%dT%H:%M:%SZ', '%Y-%m-%d %H:%M'])
            else try_strptime({{ text }}, ['%Y-%m-%d', '%d-%b-%Y', '%b %d, %Y'])
        end
    {%- endset -%}
    case when year({{ time }}) < 100 then {{ time }} + to_years(2000) else {{ time }} end
{%- endmacro %}
