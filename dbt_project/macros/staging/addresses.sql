{# Addresses of pages: what stands behind the page in them (searches, marks of campaigns, a mail's recipient) is a person's or of no use. #}

{# An address without its query and fragment; null where empty. #}
{% macro page_only(url) -%}
    nullif(split_part(split_part(trim({{ url }}), '?', 1), '#', 1), '')
{%- endmacro %}

{# The host of an address, small letters; null where it has none. #}
{% macro host_of(url) -%}
    nullif(lower(regexp_extract({{ url }}, '^ *[a-zA-Z]+://([^/?#: ]+)', 1)), '')
{%- endmacro %}
