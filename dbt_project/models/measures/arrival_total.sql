{# Running totals of the rows that came, at the end of each block. #}
{{ running_totals(by_block(ref('arrival_cell'), arrival_measures()), arrival_measures()) }}
