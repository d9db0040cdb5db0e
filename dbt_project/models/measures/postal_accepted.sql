{{ config(materialized='view') }}
{#
  The post's work piece by piece, with the contract that it falls under, and why it is not accepted (reason; null when it is): failed, missing (no code),
  unmatched, ambiguous, contradicted, claimed_twice (received or returned before), no_contract. Guiding needs no dossier. It has no clerk.
#}
select
    {{ period_start('month', 'e.began_at') }} as month, e.unit as desk, k.contract, e.office, e.began_at, e.kind, e.scanned, e.dossier_as_typed,
    e.dossier_system, e.dossier_code, coalesce(e.pages, 0) as pages, coalesce(e.files, 0) as files, e.match, e.edits, e.points,
    case
        when e.outcome = 'failed' then 'failed'
        when not {{ is_matched('e.match') }} and not (e.kind = 'guide' and e.match = 'missing') then e.match
        when e.is_repeated then 'claimed_twice'
        when k.contract is null then 'no_contract'
    end as reason,
    e.system, e.code
from {{ ref('fct_postal_event') }} as e
left join {{ ref('stg_postal_contracts') }} as k
    on (k.desk is null or k.desk = e.unit) and cast(e.began_at as date) >= k.valid_from and (k.valid_to is null or cast(e.began_at as date) <= k.valid_to)
