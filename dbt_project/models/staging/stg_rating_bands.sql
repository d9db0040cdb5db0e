select * from {{ source('valid', 'rating_bands') }}
