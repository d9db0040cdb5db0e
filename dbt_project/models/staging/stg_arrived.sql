select * from {{ source('valid', 'arrived') }}
