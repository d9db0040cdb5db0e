{# Running totals of feedback at the end of each block. #}
{{ running_totals(ref('feedback_cell'), feedback_flows() + feedback_stocks()) }}
