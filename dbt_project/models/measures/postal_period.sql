{# The post's work by period and unit. #}
{{ by_day(ref('postal_cell'), postal_measures(), []) }}
union all
select * from ({{ by_period(ref('postal_total'), postal_measures(), []) }}) as period
