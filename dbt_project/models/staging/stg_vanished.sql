select * from {{ source('valid', 'vanished') }}
