{# The records of Meta's reports, read cell by cell. A row of totals has no names, or is called so. Nothing spent is left blank. #}
{% macro read_meta_ads() -%}
    select
        campaign_name,
        ad_set_name,
        ad_name,
        cast({{ try_to_time("reporting_starts") }} as date) as period_start,
        cast({{ try_to_time("reporting_ends") }} as date) as period_end,
        case when amount_spent is null then 0 else {{ try_to_dollars("amount_spent") }} end as spend_dollars,
        {{ try_to_integer("replace(impressions, ',', '')") }} as impressions,
        {{ try_to_integer("replace(reach, ',', '')") }} as reach,
        {{ try_to_integer("replace(link_clicks, ',', '')") }} as link_clicks,
        {{ try_to_integer("replace(results, ',', '')") }} as results,
        result_indicator as result_type,
        coalesce({{ regexp_contains("upper(campaign_name)", "^(GRAND )?TOTALS?$") }}, campaign_name is null)
            and ad_set_name is null
            and ad_name is null as is_total,
        formula_count,
        delivery_id,
        record_number,
        as_of
    from (
        {{ plain_cells(source('meta', 'meta_ads'), [
            'campaign_name', 'ad_set_name', 'ad_name', 'reporting_starts', 'reporting_ends', 'amount_spent', 'impressions', 'reach',
            'link_clicks', 'results', 'result_indicator',
        ]) }}
    )
{%- endmacro %}
