{# Before the first model: no statement of this run reads or writes a file, loads an extension or lifts a limit. #}
{% macro close_off() %}
    set enable_external_access = false;
    set lock_configuration = true
{% endmacro %}
