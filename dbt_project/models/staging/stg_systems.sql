select * from {{ source('valid', 'systems') }}
