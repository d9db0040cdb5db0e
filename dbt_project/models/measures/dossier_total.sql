{# Running totals of all measures of dossiers at the end of each block. #}
{{ running_totals('select * from ' ~ ref('dossier_block'), flow_measures() + stock_measures()) }}
