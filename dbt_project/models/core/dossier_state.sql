{#
  The states of dossiers, one after the other: running, paused (for papers or a payment), and the ends. A spell is the way to an end; an open
  state after one, a re-opening, begins the next. docs/figures.md says how they come about. Of most dossiers nothing is told between reception and
  end but that they run: nothing is to be put in order there.
#}
with happening as (
    {# Actions. Of those at one moment the system's own numbering is the order. #}
    select
        l.system, l.code, 1 as stage, row_number() over (partition by a.system, a.dossier order by a.happened_at, length(a.code), {{ binary_order('a.code') }}) as place,
        greatest(a.happened_at, l.received_at) as moment,
        case
            when a.kind in ('received', 'processing', 'transferred', 'supplemented', 'paid', 'reopened') then 'running'
            when a.kind in ('supplement_requested', 'payment_requested') then 'paused'
            when a.kind in ('finished', 'returned') then 'settled'
            else a.kind
        end as state,
        case a.kind when 'supplement_requested' then 'supplement' when 'payment_requested' then 'payment' end as cause
    from {{ ref('life_made') }} as l
    inner join {{ touched_rows(ref('fct_dossier_action'), code='dossier') }} as a on a.system = l.system and a.dossier = l.code
    where a.kind <> 'other'
    union all
    {# Versions, where there are no actions. A single one that runs or has ended tells nothing that is not told below. #}
    select
        l.system, l.code, 1, t.version_no,
        greatest(case when t.status in (2, 4, 5, 6) then t.moment_from else t.ended_at end, l.received_at),
        case
            when t.status in (5, 6) then 'paused' when t.status = 7 then 'withdrawn' when t.status = 8 then 'stopped'
            when t.status = 3 then 'refused' when t.status in (9, 10) then 'settled' else 'running'
        end,
        case t.status when 5 then 'supplement' when 6 then 'payment' end
    from {{ ref('life_made') }} as l
    inner join {{ ref('dossier_telling') }} as t on t.system = l.system and t.code = l.code
    where l.told_by = 'versions' and t.status <> 1 and not (t.is_newest and t.status not in (2, 4, 5, 6))
        and (t.version_no > 1 or not t.is_newest or t.status in (5, 6))
),

eventful as (
    select distinct h.system, h.code
    from happening as h
    inner join {{ ref('life_made') }} as l on l.system = h.system and l.code = h.code
    where h.state <> 'running' or (not l.has_ended and l.state <> 'running') or (l.state = 'refused' and l.ended_at is null)
),

told as (
    select h.* from happening as h inner join eventful as v on v.system = h.system and v.code = h.code
    union all
    {# Reception. #}
    select l.system, l.code, 0, 0, l.received_at, 'running', null
    from {{ ref('life_made') }} as l inner join eventful as v on v.system = l.system and v.code = l.code
),

{# The end as it is known now has the last word. One refused without a date ended with the last thing that is told. #}
last_told as (
    select t.system, t.code, max(t.moment) as moment
    from told as t
    inner join {{ ref('life_made') }} as l on l.system = t.system and l.code = t.code
    where l.state = 'refused' and l.ended_at is null
    group by t.system, t.code
),

entry as (
    select * from told
    union all
    select l.system, l.code, 2, 0, greatest(coalesce(l.ended_at, t.moment), l.received_at), l.state, null
    from {{ ref('life_made') }} as l
    inner join eventful as v on v.system = l.system and v.code = l.code
    left join last_told as t on t.system = l.system and t.code = l.code
    where l.has_ended
),

{# What a later entry says of the same moment or an earlier one has not happened. #}
ordered as (
    select
        e.*,
        min(e.moment) over (partition by e.system, e.code order by e.stage, e.place rows between 1 following and unbounded following) as next_at
    from entry as e cross join {{ ref('stg_run') }} as r
    where e.moment < r.as_of and e.moment is not null
),

standing as (
    select
        o.system, o.code, o.stage, o.place, o.moment, l.told_by, l.has_ended,
        case when o.next_at is null and not l.has_ended and o.state <> l.state then l.state else o.state end as state,
        case when o.next_at is null and not l.has_ended and o.state <> l.state then l.cause else o.cause end as cause
    from ordered as o
    inner join {{ ref('life_made') }} as l on l.system = o.system and l.code = o.code
    where o.next_at is null or o.moment < o.next_at
),

compared as (
    select
        *,
        state not in ('running', 'paused') as is_end,
        lag(state) over (partition by system, code order by stage, place) as state_before,
        lag(cause) over (partition by system, code order by stage, place) as cause_before
    from standing
),

changed as (
    select
        *,
        1 + sum(case when not is_end and state_before not in ('running', 'paused') then 1 else 0 end)
            over (partition by system, code order by stage, place rows unbounded preceding) as spell
    from compared
    where state_before is null or state <> state_before or (cause is distinct from cause_before) or is_end
),

{# Of several ends in a row, the first action and the newest version tell the end of a spell; of the last spell, what is known now. #}
placed as (
    select
        *,
        max(spell) over (partition by system, code) as spells,
        row_number() over (
            partition by system, code, spell, is_end
            order by case when told_by = 'actions' then stage else -stage end, case when told_by = 'actions' then place else -place end
        ) as end_place,
        row_number() over (partition by system, code, spell, is_end order by stage desc, place desc) as end_place_back
    from changed
),

chosen as (
    select * from placed
    where not is_end or case when spell = spells and has_ended then end_place_back else end_place end = 1
),

uneventful as (
    select
        l.system, l.code, l.told_by, l.has_ended, l.state, l.cause, l.received_at,
        case when l.has_ended and greatest(l.ended_at, l.received_at) < r.as_of then greatest(l.ended_at, l.received_at) end as end_at
    from {{ ref('life_made') }} as l
    cross join {{ ref('stg_run') }} as r
    where not exists (select 1 from eventful as v where v.system = l.system and v.code = l.code)
)

select
    system, code, cast(spell as bigint) as spell,
    row_number() over (partition by system, code order by stage, place) as place,
    state, cause, is_end, told_by, moment as began_at,
    lead(moment) over (partition by system, code order by stage, place) as ended_at
from chosen
union all
select
    system, code, 1, 1, case when has_ended then 'running' else state end, case when not has_ended and state <> 'running' then cause end, false,
    told_by, received_at, end_at
from uneventful where end_at is null or end_at > received_at
union all
select system, code, 1, case when end_at > received_at then 2 else 1 end, state, null, true, told_by, end_at, null
from uneventful where end_at is not null
