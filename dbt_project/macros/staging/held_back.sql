{# Of a raw table of events the records that are none: where they stand and why, a row each. `key` is the column that each event fills, `headers`
   what it is called in capitals; `id` the key as staging reads it, of its plain text in `key_cell`, and `time` the column of the event's time, if it
   has one. The rule stands here a second time, in words of its own, so that the sum of both views can differ from the file. #}
{% macro held_back(table, key, headers, id, time=none) -%}
    select delivery_id, record_number, reason
    from (
        select
            delivery_id,
            record_number,
            case
                -- Nearly all are events, and need not be asked what else they could be.
                when {{ id }} is not null{% if time %} and {{ try_to_time("time_cell") }} is not null{% endif %} then null
                when upper(trim(key_text)) in ('{{ headers | join("', '") }}') then 'repeated_header'
                when {{ regexp_contains("upper(trim(key_text))", "^(GRAND |SUB)?TOTALS?\\b") }} then 'total'
                when coalesce(trim(key_text), '') in ('', '=""') or {{ is_formula("key_text") }} then 'no_key'
                when {{ id }} is null then 'unreadable_key'
                {%- if time %}
                else 'unreadable_date'
                {%- endif %}
            end as reason
        from (
            select
                {{ key }} as key_text,
                {{ plain_cell(key) }} as key_cell,
                {%- if time %}
                {{ plain_cell(time) }} as time_cell,
                {%- endif %}
                _delivery_id as delivery_id,
                _record_number as record_number
            from {{ table }}
        )
    )
    where reason is not null
{%- endmacro %}
