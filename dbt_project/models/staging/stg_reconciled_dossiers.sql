select * from {{ source('valid', 'reconciled_dossiers') }}
