{# The post's work piece by piece, with the contract that it falls under, and why it is not accepted: measures.postal_accepted for readers. #}
select * from {{ ref('postal_accepted') }}
