{# Cells of files that people have had in a spreadsheet. #}

{# Whether a cell begins with a letter of A to Z or a digit, as nearly all do: then it is no formula, and nothing keeps its zeros. Comparing is quick. #}
{% macro begins_plainly(text) -%}
    ({{ text }} >= 'A' and {{ text }} < '{' or {{ text }} >= '0' and {{ text }} < ':')
{%- endmacro %}

{# Whether a cell would be run as a formula where it is opened; a number with a sign would not, nor a plain "-none-". #}
{% macro is_formula(text) -%}
    case
        when {{ begins_plainly(text) }} then false
        else coalesce({{ regexp_contains(text, "^\\s*(@|=[^\"]|=\"[^\"]*\".|[+-].*[(!|])") }}, false)
    end
{%- endmacro %}

{# The text of a cell: without the ="..." that keeps zeros, without blanks around; null where empty or a formula. Looking at the end is quick,
   where to trim each text takes longer than to read it. #}
{% macro plain_cell(text) -%}
    case
        when {{ begins_plainly(text) }}
            then case when ends_with({{ text }}, ' ') or ends_with({{ text }}, chr(160)) then trim({{ text }}) else {{ text }} end
        when not {{ is_formula(text) }}
            then nullif(trim({{ regexp_replace_all(text, "^\\s*=\"([^\"]*)\"\\s*$", "\\1") }}), '')
    end
{%- endmacro %}

{# An e-mail address in small letters; null where it cannot be one. Nearly all have no blanks around, and to trim takes as long as to match. #}
{% macro email_address(text) -%}
    case
        when {{ regexp_contains(text, "^[^@\\s\\pZ,;]+@[^@\\s\\pZ,;]+[.][^@\\s\\pZ,;.]+$") }} then lower({{ text }})
        when {{ regexp_contains("trim(" ~ text ~ ")", "^[^@\\s,;]+@[^@\\s,;]+[.][^@\\s,;.]+$") }} then lower(trim({{ text }}))
    end
{%- endmacro %}

{# The five digits of a ZIP code, also where a spreadsheet has taken zeros at its beginning; null where it cannot be one. Nearly all are five
   digits and nothing else. #}
{% macro zip5(text) -%}
    case
        when {{ regexp_contains(text, "^[0-9]{5}$") }} then {{ text }}
        when {{ regexp_contains("trim(" ~ text ~ ")", "^[0-9]{3,5}(-[0-9]{4})?$|^[0-9]{9}$") }}
            then case when length(trim({{ text }})) = 9 then left(trim({{ text }}), 5) else lpad(split_part(trim({{ text }}), '-', 1), 5, '0') end
    end
{%- endmacro %}

{# Columns of a raw table of events as `plain_cell` reads them, how many of a record's were formulas, and where the record stands. #}
{% macro plain_cells(table, cells) -%}
    select
        {%- for cell in cells %}
        {{ plain_cell(cell) }} as {{ cell }},
        {%- endfor %}
        {% for cell in cells %}cast({{ is_formula(cell) }} as integer){{ ' + ' if not loop.last }}{% endfor %} as formula_count,
        _delivery_id as delivery_id,
        _record_number as record_number,
        _as_of as as_of
    from {{ table }}
{%- endmacro %}

{# A number that a tool gave a person or thing: digits, perhaps with letters around them. Null where it is none, such as what a spreadsheet
   makes of a long one (1.2E+11), or a total. Nearly all have no blanks around. #}
{% macro tool_id(text) -%}
    case
        when {{ regexp_contains(text, "^[A-Za-z]*[0-9]+[A-Za-z]*$") }} then upper({{ text }})
        when {{ regexp_contains("trim(" ~ text ~ ")", "^[A-Za-z]*[0-9]+[A-Za-z]*$") }} then upper(trim({{ text }}))
    end
{%- endmacro %}

{# Whether a cell says yes, as tools write it. #}
{% macro says_yes(text) -%}
    coalesce({{ is_one_of("lower(trim(" ~ text ~ "))", ['y', 'yes', 't', 'true', '1', 'x']) }}, false)
{%- endmacro %}

{# A text that is in capitals; null where people write that there is nothing. #}
{% macro not_none(text) -%}
    case when not {{ is_one_of(text, ['NONE', 'N/A', 'NA', 'NO', '-', 'NULL']) }} then {{ text }} end
{%- endmacro %}
