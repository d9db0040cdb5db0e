{# Contracts with the post, as qn.yaml says them, one row a desk; a contract of all desks has one row without a desk. #}
select contract, desk, position, number, post, basis, valid_from, valid_to from {{ ref('stg_postal_contracts') }}
