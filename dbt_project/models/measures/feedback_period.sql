{# Feedback by period and unit. #}
{{ by_period(ref('feedback_cell'), ref('feedback_total'), feedback_flows(), feedback_stocks()) }}
