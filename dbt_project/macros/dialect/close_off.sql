{# Before the first model: text is stored as the warehouse stores it, and no statement of this run reads or writes a file, loads an
   extension or lifts a limit. #}
{% macro close_off() %}
    set disabled_compression_methods = 'fsst';
    set enable_external_access = false;
    set lock_configuration = true
{% endmacro %}
