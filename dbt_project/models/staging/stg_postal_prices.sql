select * from {{ source('valid', 'postal_prices') }}
