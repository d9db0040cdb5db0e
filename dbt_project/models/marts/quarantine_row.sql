{# Rows that broke a rule, one row a key and rule, as they were told last: open, fixed or waived. core.broken_case says when which. #}
select
    entity, source, system, day, file, row_no, row_key, unit, rule, severity, column_name, message, state, since, fixed_on, waiver, tellings, is_stale
from {{ ref('broken_case') }} where is_newest
