{% set cells = [
    'van_id', 'contact_name', 'date_canvassed', 'result', 'contact_type', 'canvassed_by', 'date_created', 'input_type', 'campaign',
    'phone', 'notes', 'experiment', 'treatment',
] -%}
with read as (

    {{ plain_cells(source('van', 'van_contacts'), cells) }}

),

typed as (

    select
        {{ tool_id("van_id") }} as van_id,
        {{ fold_blanks("contact_name") }} as contact_name,
        {{ try_to_time("date_canvassed") }} as contacted_at,
        {{ fold_blanks("result") }} as result_label,
        {{ fold_blanks("contact_type") }} as type_label,
        {{ fold_blanks("canvassed_by") }} as canvasser,
        {{ try_to_time("date_created") }} as entered_at,
        {{ fold_blanks("input_type") }} as input_type,
        {{ fold_blanks("campaign") }} as campaign_name,
        {{ us_phone(digits_only("phone")) }} as phone,
        trim({{ regexp_replace_all("notes", "[\\s\\v]+", " ") }}) as notes,
        {{ not_none(fold_blanks("experiment")) }} as experiment,
        {{ not_none(fold_blanks("treatment")) }} as treatment_arm,
        formula_count,
        delivery_id,
        record_number,
        as_of
    from read

),

final as (

    select * from typed where van_id is not null and contacted_at is not null

)

select * from final
