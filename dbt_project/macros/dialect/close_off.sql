{# Before the first model, unless the pipeline has done so: text is stored as the warehouse stores it, and no statement of this run reads or
   writes a file, loads an extension or lifts a limit. No model means anything by the order of its rows. #}
{% macro close_off() %}
    set preserve_insertion_order = false;
    {% if not execute or run_query("select 1 where not current_setting('lock_configuration')").rows %}
    set disabled_compression_methods = 'fsst';
    set enable_external_access = false;
    set lock_configuration = true
    {% endif %}
{% endmacro %}
