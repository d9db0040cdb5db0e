{#
  Broken rules as cases. A case is a key and a rule (a row without a key: its place and a rule), told once or many times:
    - open: its newest telling is bad, and nothing came since;
    - fixed: a later telling of the key does not break the rule, or the source has no such key any more, or a corrected file took the place of the bad one;
    - waived: its newest telling is covered by a waiver.
  since is the first day of the newest tellings in a row that broke the rule; is_newest marks the one by which the case is listed; is_missing marks
  the rows that figures wait for: those in quarantine, of an open case, since then. is_stale: a good telling of before stands in their place.
  What was only read again, with nothing changed in the file, is no correction.
#}
{%- set case = 'entity, system, thing, rule, column_name' -%}
with current as (
    select b.*, coalesce(b.unit, t.unit) as unit_told, t.position, t.next_day, t.gone_on, t.good_since
    from {{ ref('broken_rule') }} as b
    inner join {{ ref('questioned_row') }} as t
        on t.entity = b.entity and t.thing = b.thing and t.extraction_seq = b.extraction_seq and t.row_no = b.row_no
    where b.superseded_seq is null
),

ordered as (
    select
        *, position - dense_rank() over (partition by {{ case }} order by position) as streak,
        row_number() over (partition by {{ case }} order by position desc, {{ binary_order('message') }} desc) as from_newest,
        count(*) over (partition by {{ case }}) as tellings
    from current
),

newest as (
    select entity, system, thing, rule, column_name, streak, case when ended_on is not null then greatest(ended_on, day) end as fixed_on, waiver
    from (select *, coalesce(next_day, gone_on) as ended_on from ordered) as o where from_newest = 1
),

standing as (
    select
        o.*, n.fixed_on, n.streak = o.streak as is_of_newest_streak,
        case when n.fixed_on is not null then 'fixed' when n.waiver is not null then 'waived' else 'open' end as state,
        min(o.day) over (partition by o.entity, o.system, o.thing, o.rule, o.column_name, o.streak) as since
    from ordered as o
    inner join newest as n
        on n.entity = o.entity and n.system = o.system and n.thing = o.thing and n.rule = o.rule and n.column_name is not distinct from o.column_name
),

corrected as (
    select
        b.*, s.day as fixed_on,
        row_number() over (partition by b.entity, b.system, b.thing, b.rule, b.column_name order by b.day desc, b.extraction_seq desc, b.row_no desc) as from_newest,
        min(b.day) over (partition by b.entity, b.system, b.thing, b.rule, b.column_name) as since,
        count(*) over (partition by b.entity, b.system, b.thing, b.rule, b.column_name) as tellings
    from {{ ref('broken_rule') }} as b
    inner join {{ ref('stg_extractions') }} as e on e.extraction_seq = b.extraction_seq
    inner join {{ ref('stg_extractions') }} as s on s.extraction_seq = b.superseded_seq
    left join newest as n
        on n.entity = b.entity and n.system = b.system and n.thing = b.thing and n.rule = b.rule and n.column_name is not distinct from b.column_name
    where n.entity is null and s.sha256 is distinct from e.sha256
)

select
    entity, source, system, day, file, extraction_seq, row_no, row_key, unit_told as unit, rule, severity, column_name, message, state, since, fixed_on,
    case when state = 'waived' then waiver end as waiver, tellings, from_newest = 1 as is_newest,
    severity = 'quarantine' and waiver is null and state = 'open' and is_of_newest_streak as is_missing,
    severity = 'quarantine' and state = 'open' and good_since is not null as is_stale
from standing
union all
select
    entity, source, system, day, file, extraction_seq, row_no, row_key, unit, rule, severity, column_name, message, 'fixed', since, fixed_on,
    null, tellings, from_newest = 1, false, false
from corrected
