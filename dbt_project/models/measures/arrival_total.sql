{# Running totals of the rows that came, at the end of each block. #}
{{ running_totals(ref('arrival_cell'), arrival_measures()) }}
