{# The year of the campaign's election. #}
{% macro election_year() -%}
    {{ year_of("date '" ~ var('election_date') ~ "'") }}
{%- endmacro %}

{# The age of a voter on the day of the campaign's election; where only the year of birth is known the age reached in that year. #}
{% macro age_on_election(birth_date, birth_year) -%}
    coalesce(
        {{ full_years_between(birth_date, "date '" ~ var('election_date') ~ "'") }},
        {{ election_year() }} - {{ birth_year }}
    )
{%- endmacro %}

{# The bands in which ages are counted. #}
{% macro age_band(age) -%}
    case
        when {{ age }} is null then 'unknown'
        when {{ age }} < 30 then '18_29'
        when {{ age }} < 45 then '30_44'
        when {{ age }} < 65 then '45_64'
        else '65_plus'
    end
{%- endmacro %}
