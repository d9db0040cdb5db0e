{# Feedback by period and unit. #}
{{ by_day(ref('feedback_cell'), feedback_flows(), feedback_stocks()) }}
union all
select * from ({{ by_period(ref('feedback_total'), feedback_flows(), feedback_stocks()) }}) as period
