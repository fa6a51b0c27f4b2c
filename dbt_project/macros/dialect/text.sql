{# Text in the engine's dialect. Patterns are RE2; every macro gives null for null. #}

{% macro regexp_replace_all(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}

{# True if the pattern occurs anywhere in the text. #}
{% macro regexp_contains(text, pattern) -%}
    regexp_matches({{ text }}, '{{ pattern }}')
{%- endmacro %}

{# Capital letters, no blanks around, every run of blanks (also tabs and no-break spaces) one blank, empty as null. #}
{% macro fold_blanks(text) -%}
    nullif(trim({{ regexp_replace_all("upper(" ~ text ~ ")", "[\\s\\v\\x{00A0}]{2,}|[\\t-\\r\\x{00A0}]", " ") }}), '')
{%- endmacro %}

{# A code: capital letters, no blanks around, empty as null. Zeros stay. To trim takes three times as long as to see that there is nothing to
   trim: no blank at either end, and no letter of more than a byte, among which are other blanks. #}
{% macro clean_code(text) -%}
    case
        when {{ text }} >= '!' and not ends_with({{ text }}, ' ') and strlen({{ text }}) = length({{ text }}) then upper({{ text }})
        else nullif(upper(trim({{ text }})), '')
    end
{%- endmacro %}

{% macro digits_only(text) -%}
    {{ regexp_replace_all(text, "[^0-9]", "") }}
{%- endmacro %}

{# Letters without their accents. #}
{% macro fold_accents(text) -%}
    strip_accents({{ text }})
{%- endmacro %}

{# A text whose words that are keys of a map have its values in their place. To make a row of each word and put the rows together again takes four
   times as long. #}
{% macro words_by_map(text, map) -%}
    array_to_string([coalesce({{ map_value(map, 'word') }}, word) for word in string_split({{ text }}, ' ')], ' ')
{%- endmacro %}

{# Whether a count is hidden by its source, as small cells are: `*`, `<10`. #}
{% macro is_hidden(text) -%}
    coalesce({{ regexp_contains(text, "^ *([*]+|<) *[0-9]* *$") }}, false)
{%- endmacro %}

{# The first part of a text that a pattern fits, or what stands in one of the pattern's brackets there; null where it fits nothing. #}
{% macro regexp_first(text, pattern, bracket=0) -%}
    nullif(regexp_extract({{ text }}, '{{ pattern }}', {{ bracket }}), '')
{%- endmacro %}

{# The words of a text with at least so many letters, as a list; null where it has none. Blanks and hyphens part words. #}
{% macro long_words(text, letters) -%}
    nullif(regexp_extract_all({{ text }}, '[^ -]{{ '{' ~ letters ~ ',}' }}'), [])
{%- endmacro %}

{# Whether two lists have something in common; null where one is. #}
{% macro have_in_common(list, other) -%}
    list_has_any({{ list }}, {{ other }})
{%- endmacro %}

{# Whether a text is one of these. In lists of four, since the engine makes a table of a longer one and joins it, which each reader of a view
   pays for, also one who asks for other columns. #}
{% macro is_one_of(text, texts) -%}
    ({% for some in texts | batch(4) %}{{ text }} in ('{{ some | join("', '") }}'){{ ' or ' if not loop.last }}{% endfor %})
{%- endmacro %}
