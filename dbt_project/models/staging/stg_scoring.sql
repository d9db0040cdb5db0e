select * from {{ source('valid', 'scoring') }}
