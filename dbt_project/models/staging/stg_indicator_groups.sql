select * from {{ source('valid', 'indicator_groups') }}
