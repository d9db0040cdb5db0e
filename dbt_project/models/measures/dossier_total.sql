{# Running totals of all measures of dossiers at the end of each block. #}
{{ running_totals(ref('dossier_cell'), flow_measures() + stock_measures()) }}
