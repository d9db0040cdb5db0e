{# The columns of report layouts, those without a source, too. #}
select layout, column_code, label_vi, measures, counted_by, position from {{ ref('stg_layout_columns') }}
