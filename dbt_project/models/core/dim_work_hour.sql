{# The working days again, a row an hour of working time that a day has a part in: positions find their day by their hour. #}
select
    {{ whole_division('d.seconds_before', '3600') }} + n.step as hour, d.calendar, d.day, d.seconds, d.seconds_before
    {%- for span in range(1, 5) %}, d.opens_{{ span }}, d.closes_{{ span }}{% endfor %}
from {{ ref('dim_workday') }} as d
cross join (select cast(step.value as bigint) as step from generate_series(0, 24) as step (value)) as n
where d.seconds > 0 and ({{ whole_division('d.seconds_before', '3600') }} + n.step) * 3600 < d.seconds_before + d.seconds
