select * from {{ source('valid', 'layout_identities') }}
