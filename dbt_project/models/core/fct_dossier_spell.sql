{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget('dossier_touched') }}") }}
{#
  Spells of dossiers, from reception or a re-opening to an end, each with its due date and its verdict in the national and the local reading.
  docs/figures.md says what they are. What lists need of the dossier stands beside it: they look at all spells.
#}
with asked as (
    select p.system, p.code, p.began_at from {{ touched_rows(ref('dossier_pause')) }} as p where p.cause = 'supplement'
    union
    {# One that is made while another is unanswered begins no pause. #}
    select l.system, l.code, greatest(a.happened_at, l.received_at)
    from {{ ref('life_made') }} as l
    inner join {{ touched_rows(ref('fct_dossier_action'), code='dossier') }} as a on a.system = l.system and a.dossier = l.code
    where a.kind = 'supplement_requested' and (not l.has_ended or a.happened_at < l.ended_at)
),

request as (
    select system, code, began_at, row_number() over (partition by system, code order by began_at) as place from asked
),

judged as (
    select
        s.system, s.code, s.dossier, s.spell, s.is_last, s.told_by, s.unit, s.state, s.state_since, s.began_at, s.ended_at, s.due_at, s.local_due_at, s.due_origin,
        {# A due date beyond the calendar has no position; nor has its pause moved it. #}
        {%- for reading in ('', 'local_') %}
        case when h.system is null then s.{{ reading }}due_at else h.{{ reading }}spent_at end as {{ reading }}spent_at,
        {%- endfor %}
        case when q.began_at < coalesce(s.ended_at, s.as_of) then greatest(q.began_at, s.began_at) end as asked_again_at,
        coalesce(s.ended_at, s.as_of - interval '1 second') as judged_at
    from {{ ref('dossier_spell') }} as s
    left join {{ ref('dossier_limit_spent') }} as h on h.system = s.system and h.code = s.code and h.spell = s.spell
    left join request as q on q.system = s.system and q.code = s.code and q.place = 2
),

breached as (
    select
        *,
        least(spent_at + interval '1 second', asked_again_at) as breached_at,
        least(local_spent_at + interval '1 second', asked_again_at) as local_breached_at
    from judged
)

select
    b.system, b.code, b.dossier, b.spell, b.is_last, b.told_by, b.unit, b.state, b.state_since, b.began_at, b.ended_at, b.due_at, b.local_due_at, b.due_origin,
    b.spent_at, b.local_spent_at, b.breached_at, b.local_breached_at,
    l.received_at, l.resolving_unit, l.receiving_unit, l.channel, l.procedure, l.calendar
    {%- for reading in ('', 'local_') %},
    case
        when b.{{ reading }}breached_at <= b.judged_at then case when b.ended_at is null then 'past' else 'late' end
        when b.{{ reading }}due_at is null then 'without_due'
        when b.ended_at is null then 'within'
        when cast(b.ended_at as date) < cast(b.{{ reading }}spent_at as date) then 'early'
        else 'on_time'
    end as {{ reading }}verdict
    {%- endfor %}
from breached as b inner join {{ ref('life_made') }} as l on l.system = b.system and l.code = b.code
