select * from {{ source('valid', 'indicators') }}
