select * from {{ source('valid', 'adjustments') }}
