{# Running totals of the post's work at the end of each block. #}
{{ running_totals(by_block(ref('postal_cell'), postal_measures()), postal_measures()) }}
