{#
  Rows that broke a rule, counted. A unit is one that there is: what a source wrote in its place stays in the quarantine, as do keys, files and values.
#}
with placed as (
    select q.*, u.unit as known_unit
    from {{ ref('quarantine_row') }} as q left join {{ ref('unit') }} as u on u.unit = q.unit
),

counted as (
    select
        day, source, entity, rule, severity, state, known_unit as unit, max(message) as message, count(*) as cases,
        {{ sum_count('tellings') }} as tellings, {{ sum_count('case when is_stale then 1 else 0 end') }} as stale_cases
    from placed group by day, source, entity, rule, severity, state, known_unit
)

select
    {{ day_key('day') }} as period_key, day, source, entity, {{ labelled('entity', 'entity') }} as entity_name, rule, message,
    severity, {{ labelled('severity', 'severity') }} as severity_name, state, {{ labelled('state', 'state') }} as state_name, unit, cases, tellings, stale_cases
from counted
