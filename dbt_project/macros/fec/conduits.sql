{# Committees that pass on what people give through them: ActBlue and WinRed. #}
{% macro is_conduit(committee_id) -%}
    {{ committee_id }} in ('C00401224', 'C00694323')
{%- endmacro %}
