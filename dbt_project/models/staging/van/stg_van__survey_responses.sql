{% set cells = [
    'van_id', 'date_canvassed', 'survey_question', 'survey_response', 'survey_question_type', 'canvassed_by', 'contact_type',
] -%}
with read as (

    {{ plain_cells(source('van', 'van_survey_responses'), cells) }}

),

typed as (

    select
        {{ tool_id("van_id") }} as van_id,
        {{ try_to_time("date_canvassed") }} as answered_at,
        {{ fold_blanks("survey_question") }} as question,
        {{ fold_blanks("survey_response") }} as response,
        {{ fold_blanks("survey_question_type") }} as question_type,
        {{ fold_blanks("canvassed_by") }} as canvasser,
        {{ fold_blanks("contact_type") }} as type_label,
        formula_count,
        delivery_id,
        record_number,
        as_of
    from read

),

final as (

    select * from typed where van_id is not null and answered_at is not null

)

select * from final
