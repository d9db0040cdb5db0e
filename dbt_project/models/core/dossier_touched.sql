{#
  Dossiers whose lives are to be made again, since the last build that ended well: those told anew, those of which a step was, those for which time
  itself has changed something (a limit was spent, a moment is no longer in the future), and all of them when what they are reckoned with has changed.
  The tables that are kept are read as they were: they depend on this one.
#}
{{ config(materialized='incremental', incremental_strategy='append') }}
with applied as (
    select a.as_of - interval '1 second' as last_moment, a.reference, r.as_of
    from {{ source('valid', 'applied') }} as a cross join {{ ref('stg_run') }} as r
),

found as (
    select system, code from {{ ref('dossier_told') }}
    union
    select v.system, v.dossier from {{ touched_rows(ref('dossier_action_version'), 'action_touched') }} as v
    union
    select v.system, v.code from {{ ref('fct_dossier_version') }} as v cross join applied as p
    where v.first_at >= p.last_moment or v.received_at >= p.last_moment or v.ended_at >= p.last_moment
    union
    select d.system, d.code
    from {{ ref('fct_dossier') }} as d
    cross join applied as p
    inner join {{ ref('reference_mark') }} as m on m.mark <> p.reference
    {%- if is_incremental() %}
    union
    select a.system, a.dossier from {{ touched_rows('core.fct_dossier_action', 'action_touched') }} as a
    union
    select a.system, a.dossier from core.fct_dossier_action as a cross join applied as p
    where a.happened_at >= p.last_moment or (a.due_at >= p.last_moment and a.due_at <= p.as_of)
    union
    select s.system, s.code from core.fct_dossier_spell as s cross join applied as p
    where (s.breached_at >= p.last_moment and s.breached_at <= p.as_of) or (s.local_breached_at >= p.last_moment and s.local_breached_at <= p.as_of)
    union
    select i.system, i.code from core.fct_dossier_interval as i cross join applied as p
    where (i.began_at >= p.last_moment and i.began_at <= p.as_of) or (i.ended_at >= p.last_moment and i.ended_at <= p.as_of)
    {%- endif %}
)

select f.system, f.code
from found as f
{%- if is_incremental() %}
where not exists (select 1 from {{ this }} as t where t.system = f.system and t.code = f.code)
{#- All are made, and nothing asks which. #}
{%- elif flags.FULL_REFRESH %}
where false
{%- endif %}
