select * from {{ source('valid', 'postal_contracts') }}
