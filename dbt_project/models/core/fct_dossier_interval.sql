{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget('dossier_touched') }}") }}
-- depends_on: {{ ref('dossier_touched') }}, {{ ref('event_left') }}, {{ ref('procedure_left') }}
{#
  The lives of dossiers in pieces in which nothing changes that is counted: a state, at a unit, within the limit or past it in either reading.
  A piece after an end lasts until a re-opening. Pieces of open dossiers are split at the moment that their limit will be spent, too. Each says
  where the dossier was before; most lives have one spell at one unit, in which nothing is to be split.
#}
with state as (
    select
        s.system, s.code, s.spell, s.place, s.state, s.cause, s.is_end, s.told_by, s.began_at, s.ended_at,
        p.breached_at, p.local_breached_at, p.due_at, p.verdict, p.local_verdict
    from {{ ref('dossier_state') }} as s
    inner join {{ touched_rows(ref('fct_dossier_spell')) }} as p on p.system = s.system and p.code = s.code and p.spell = s.spell
),

moment as (
    select system, code, place, breached_at as moment from state
    where not is_end and breached_at > began_at and (ended_at is null or breached_at < ended_at)
    union
    select system, code, place, local_breached_at from state
    where not is_end and local_breached_at > began_at and (ended_at is null or local_breached_at < ended_at)
    union
    select s.system, s.code, s.place, t.from_at
    from state as s inner join {{ ref('dossier_stay') }} as t on t.system = s.system and t.code = s.code
    where not s.is_end and t.from_at > s.began_at and (s.ended_at is null or t.from_at < s.ended_at)
),

eventful as (
    select system, code from moment
    union
    select system, code from {{ ref('dossier_stay') }}
    union
    select system, code from state where spell > 1
),

divided as (
    select s.* from state as s inner join eventful as v on v.system = s.system and v.code = s.code
),

cut as (
    select system, code, place, moment from moment
    union
    select system, code, place, began_at from divided
),

piece as (
    select
        s.*, c.moment as piece_from, coalesce(lead(c.moment) over (partition by s.system, s.code, s.place order by c.moment), s.ended_at) as piece_to,
        row_number() over (partition by s.system, s.code order by c.moment) as piece
    from cut as c
    inner join divided as s on s.system = c.system and s.code = c.code and s.place = c.place
),

stayed as (
    select p.*, t.unit as stay_unit
    from piece as p
    left join {{ ref('dossier_stay') }} as t
        on t.system = p.system and t.code = p.code and (t.from_at is null or t.from_at <= p.piece_from) and (t.to_at is null or p.piece_from < t.to_at)
),

placed as (
    select *, lag(stay_unit) over life as stay_before, lag(spell) over life as spell_before
    from stayed window life as (partition by system, code order by piece)
    union all
    select s.*, s.began_at, s.ended_at, s.place, null, null, case when s.place > 1 then s.spell end
    from state as s where not exists (select 1 from eventful as v where v.system = s.system and v.code = s.code)
)

select
    p.system, p.code, l.dossier, p.piece, p.spell, p.state, p.cause, p.told_by,
    coalesce(p.stay_unit, l.resolving_unit) as unit, coalesce(l.receiving_unit, l.resolving_unit) as desk, l.channel, l.procedure, l.has_fee, l.is_paid_online,
    p.piece_from as began_at, p.piece_to as ended_at, p.piece_from < r.as_of as has_begun, coalesce(p.piece_to < r.as_of, false) as is_over, p.is_end
    {%- for reading in ('', 'local_') %},
    case
        when p.is_end then p.{{ reading }}verdict
        when p.{{ reading }}breached_at <= p.piece_from then 'past'
        when p.due_at is null then 'without_due'
        else 'within'
    end as {{ reading }}standing
    {%- endfor %},
    case when p.piece > 1 then coalesce(p.stay_before, l.resolving_unit) end as unit_before, p.spell_before
from placed as p
cross join {{ ref('stg_run') }} as r
inner join {{ ref('life_made') }} as l on l.system = p.system and l.code = p.code
