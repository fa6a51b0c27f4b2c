{# Of a raw table of events the records that are none: where they stand and why, a row each. `key` is the column that each event fills, `headers`
   what it is called in capitals; `id` the key as staging reads it and `time` the event's time, if it has one, both of the plain text of
   their cells. The rule stands here a second time, in words of its own, so that the sum of both views can differ from the file. #}
{% macro held_back(table, key, headers, id, time=none) -%}
    select delivery_id, record_number, reason
    from (
        select
            _delivery_id as delivery_id,
            _record_number as record_number,
            case
                when upper(trim({{ key }})) in ('{{ headers | join("', '") }}') then 'repeated_header'
                when {{ regexp_contains("upper(trim(" ~ key ~ "))", "^(GRAND |SUB)?TOTALS?\\b") }} then 'total'
                when coalesce(trim({{ key }}), '') in ('', '=""') or {{ is_formula(key) }} then 'no_key'
                when {{ id }} is null then 'unreadable_key'
                {%- if time %}
                when {{ time }} is null then 'unreadable_date'
                {%- endif %}
            end as reason
        from {{ table }}
    )
    where reason is not null
{%- endmacro %}
