{#
  Values that were decided in place of what a source told, one row a decision, key and column. applied: the newest telling of the key has it;
  replaced: a later decision has; overtaken: the source has told the key again since, or has it no more; without_effect: no telling that it could reach.
#}
with decision as (
    select
        a.*, coalesce(a.valid_from, date '0001-01-01') as reaches_from
    from {{ ref('stg_adjustments') }} as a
),

{# A key is told of in one system; of its tellings those of the source count. #}
telling as (
    select
        t.source, t.thing as row_key, t.day, t.unit, t.gone_on,
        row_number() over (partition by t.source, t.thing order by t.position desc) as from_newest
    from {{ ref('questioned_row') }} as t
    where exists (select 1 from decision as d where d.source = t.source and d.row_key = t.thing)
),

reached as (
    select
        d.position, d.column_name, count(t.row_key) as tellings,
        max(case when t.from_newest = 1 and t.gone_on is null and t.day between d.reaches_from and d.valid_to then 1 else 0 end) = 1 as has_newest
    from decision as d left join telling as t on t.source = d.source and t.row_key = d.row_key and (t.day between d.reaches_from and d.valid_to)
    group by d.position, d.column_name
),

newest as (
    select d.source, d.row_key, d.column_name, max(d.position) as position
    from decision as d inner join reached as r on r.position = d.position and r.column_name = d.column_name
    where r.has_newest
    group by d.source, d.row_key, d.column_name
)

select
    d.source, d.row_key, t.unit, d.column_name, d.value, d.decided_by, d.decided_on, d.reason, d.file, d.valid_from, d.valid_to,
    case
        when r.tellings = 0 then 'without_effect'
        when not r.has_newest then 'overtaken'
        when n.position > d.position then 'replaced'
        else 'applied'
    end as state
from decision as d
inner join reached as r on r.position = d.position and r.column_name = d.column_name
left join telling as t on t.source = d.source and t.row_key = d.row_key and t.from_newest = 1
left join newest as n on n.source = d.source and n.row_key = d.row_key and n.column_name = d.column_name
