{# Procedures with receptions, by block, unit and procedure; units count what those below them do. #}
select
    b.block, a.ancestor as unit, b.procedure, {{ sum_count('b.received') }} as received, {{ sum_count('b.received_online') }} as received_online,
    {{ sum_count('b.received_with_fee') }} as received_with_fee, {{ sum_count('b.received_paid_online') }} as received_paid_online
from {{ ref('procedure_block') }} as b
inner join {{ ref('unit_ancestor') }} as a on a.unit = b.unit
where b.received > 0
group by b.block, a.ancestor, b.procedure
