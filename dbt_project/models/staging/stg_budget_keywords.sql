select * from {{ source('valid', 'budget_keywords') }}
