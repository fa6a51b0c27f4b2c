{# The kind of an election from the words of its description. What is held in a part of the state only (municipal, special)
   is told first, since those have primaries and run-offs too; what is held in an odd year is local, whatever its words. #}
{% macro election_type(description, election_date) -%}
    case
        when {{ regexp_contains(description, "MUNICIPAL|CITY|TOWN|COORDINATED") }} then 'municipal'
        when {{ regexp_contains(description, "SPECIAL|CONGRESSIONAL|DISTRICT|REFERENDUM|BOND") }} then 'special'
        when {{ regexp_contains(description, "GENERAL (ELECTION )?RUN-?OFF") }} then 'general_runoff'
        when {{ regexp_contains(description, "SECOND PRIMARY|PRIMARY RUN|RUN-?OFF|2ND PRIMARY") }} then 'second_primary'
        when mod({{ year_of(election_date) }}, 2) = 1 and {{ regexp_contains(description, "PRIMARY|GENERAL") }} then 'municipal'
        when {{ regexp_contains(description, "PRIMARY") }} then 'primary'
        when {{ regexp_contains(description, "GENERAL") }} then 'general'
        else 'other'
    end
{%- endmacro %}
