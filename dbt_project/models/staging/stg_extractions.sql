select * from {{ source('valid', 'extractions') }}
