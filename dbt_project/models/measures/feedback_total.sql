{# Running totals of feedback at the end of each block. #}
{{ running_totals(by_block(ref('feedback_cell'), feedback_flows() + feedback_stocks()), feedback_flows() + feedback_stocks()) }}
