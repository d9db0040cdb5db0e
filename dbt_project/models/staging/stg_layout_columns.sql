select * from {{ source('valid', 'layout_columns') }}
