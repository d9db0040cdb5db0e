{#
  Broken rules as cases. A case is a key and a rule (a row without a key: its place and a rule), told once or many times:
    - open: its newest telling is bad, and nothing came since;
    - fixed: a later telling of the key does not break the rule, or the source has no such key any more, or a corrected file took the place of the bad one;
    - waived: its newest telling is covered by a waiver.
  since is the first day of the newest tellings in a row that broke the rule; is_newest marks the one by which the case is listed; is_missing marks
  the rows that figures wait for: those in quarantine, of an open case, since then. is_stale: a good telling of before stands in their place.
#}
{%- set case = 'entity, system, thing, rule, column_name' -%}
with located as (
    select b.*, coalesce(b.unit, t.unit) as unit_told, t.position, t.next_day, t.gone_on, t.good_since
    from {{ ref('broken_rule') }} as b
    left join {{ ref('questioned_row') }} as t
        on t.extraction_seq = b.extraction_seq and t.row_no = b.row_no and t.thing = b.thing and t.entity = b.entity
),

{# Corrected files are heard of a case that no file that stands tells of. #}
heard as (
    select *
    from (select *, count(position) over (partition by {{ case }}) as standing from located) as l
    where position is not null or standing = 0
),

ordered as (
    select
        *, coalesce(position - dense_rank() over (partition by {{ case }} order by position), 0) as streak,
        row_number() over (
            partition by {{ case }} order by position desc, day desc, extraction_seq desc, row_no desc, {{ binary_order('message') }} desc
        ) as from_newest,
        case when corrected_on is not null then corrected_on when coalesce(next_day, gone_on) is not null then greatest(day, coalesce(next_day, gone_on)) end as ended_on
    from heard
),

newest as (
    select
        *, count(*) over (partition by {{ case }}) as tellings,
        max(case when from_newest = 1 then streak end) over (partition by {{ case }}) as newest_streak,
        max(case when from_newest = 1 then ended_on end) over (partition by {{ case }}) as fixed_on,
        max(case when from_newest = 1 then waiver end) over (partition by {{ case }}) as newest_waiver,
        min(day) over (partition by {{ case }}, streak) as since
    from ordered
),

standing as (
    select
        *, case when fixed_on is not null then 'fixed' when newest_waiver is not null then 'waived' else 'open' end as state
    from newest
)

select
    entity, source, system, day, file, extraction_seq, row_no, row_key, unit_told as unit, rule, severity, column_name, message, state, since, fixed_on,
    case when state = 'waived' then newest_waiver end as waiver, tellings, from_newest = 1 as is_newest,
    severity = 'quarantine' and waiver is null and state = 'open' and streak = newest_streak as is_missing,
    severity = 'quarantine' and state = 'open' and good_since is not null as is_stale
from standing
