select * from {{ source('valid', 'waivers') }}
