select * from {{ source('valid', 'budget_rules') }}
