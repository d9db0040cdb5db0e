{# The post's work by period and unit. #}
{{ by_period(ref('postal_cell'), ref('postal_total'), postal_measures(), []) }}
