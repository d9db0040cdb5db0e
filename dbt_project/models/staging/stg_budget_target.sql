select * from {{ source('valid', 'budget_target') }}
