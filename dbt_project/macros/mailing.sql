{# Where a voter's mail goes if not to the residence. Files repeat the residence there, written in other ways: an address of the same
   ZIP code, house number and first word of the street is the residence. What no carrier could deliver is no address: in the country
   it has a ZIP code, abroad a country or more than one line. #}
{% macro mailing_address() -%}
    {% set is_elsewhere -%}
    case
        when mail_address_1 is null then false
        when mail_zip5 = zip5
            and split_part(mail_address_1, ' ', 1) = split_part(residence_address, ' ', 1)
            and split_part(mail_address_1, ' ', 2) = split_part(residence_address, ' ', 2) then false
        else mail_zip5 is not null
            or mail_country is not null
            or (mail_state_code is null and coalesce(mail_address_2, mail_address_3, mail_address_4, mail_city) is not null)
    end
    {%- endset %}
    {%- for part in mailing_parts() %}
    {{ '    ' if not loop.first }}case when {{ is_elsewhere }} then {{ part | replace('mailing', 'mail', 1) }} end as {{ part }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# The columns of it, in their order. #}
{% macro mailing_parts() -%}
    {%- do return([
        'mailing_address_1', 'mailing_address_2', 'mailing_address_3', 'mailing_address_4', 'mailing_city', 'mailing_state_code',
        'mailing_zip5', 'mailing_zip4', 'mailing_country',
    ]) -%}
{%- endmacro %}
