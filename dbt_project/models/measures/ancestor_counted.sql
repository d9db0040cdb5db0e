{# Which units lay below which others when the post's work was counted: core.unit_ancestor as it was then. #}
-- depends_on: {{ ref('postal_served') }}
select * from {{ ref('unit_ancestor') }}
