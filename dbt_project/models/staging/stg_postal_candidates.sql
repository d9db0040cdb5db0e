select * from {{ source('valid', 'postal_candidates') }}
