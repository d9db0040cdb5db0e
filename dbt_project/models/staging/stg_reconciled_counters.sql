select * from {{ source('valid', 'reconciled_counters') }}
