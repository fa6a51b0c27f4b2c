{# Whether the votes of a group can be shown by candidate: nobody voted, or at least ten did and not all alike. A count that its
   source hides is not safe, since the others' would tell it. #}
{% macro is_safe_group(votes) -%}
    (
        count({{ votes }}) = count(*)
        and (
            (min({{ votes }}) = 0 and max({{ votes }}) = 0)
            or (min({{ votes }}) >= 0 and sum({{ votes }}) >= 10 and max({{ votes }}) < sum({{ votes }}))
        )
    )
{%- endmacro %}
