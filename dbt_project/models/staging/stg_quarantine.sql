select * from {{ source('valid', 'quarantine') }}
