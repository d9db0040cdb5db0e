{# Rows that came by period, entity (the role) and unit, and how complete figures over them are. #}
with counted as (
    {{ by_day(ref('arrival_cell'), arrival_measures(), []) }}
    union all
    select * from ({{ by_period(ref('arrival_total'), arrival_measures(), []) }}) as period
)

select
    period_set, grain, period_start, period_end, role as entity, unit, rows_arrived, rows_missing,
    {{ per_cent_down('rows_arrived - rows_missing', 'rows_arrived') }} as completeness
from counted
