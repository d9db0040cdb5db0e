{# Per unit and all those above it: what has ended in the month that as_of closes or lies in, what is open, and how it stands (national reading). #}
with month as (
    select {{ period_start('month', "as_of - interval '1 second'") }} as month, as_of from {{ ref('stg_run') }}
),

ended as (
    select s.unit, s.verdict, m.month
    from {{ ref('fct_dossier_spell') }} as s cross join month as m
    where s.ended_at >= m.month and s.ended_at < m.as_of
),

counted as (
    select unit, case when verdict in ('early', 'on_time') then 1 else 0 end as ended_within, 1 as ended, 0 as open_past, 0 as open_dossiers
    from ended
    union all
    select unit, 0, 0, case when standing = 'past' then 1 else 0 end, 1 from {{ ref('dossier_open') }}
)

select
    a.ancestor as unit, max(m.month) as month,
    {{ sum_count('c.ended_within') }} as ended_within, {{ sum_count('c.ended') }} as ended,
    {{ sum_count('c.open_past') }} as open_past, {{ sum_count('c.open_dossiers') }} as open_dossiers
from counted as c
inner join {{ ref('unit_ancestor') }} as a on a.unit = c.unit
cross join month as m
group by a.ancestor
