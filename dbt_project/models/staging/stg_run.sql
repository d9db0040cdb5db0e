select * from {{ source('valid', 'run') }}
