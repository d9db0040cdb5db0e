{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_keys() }}") }}
{#
  Pieces of work whose code, as typed, is that of a dossier, and how well the work fits it. `fits`: it is the code of one dossier only, and nothing of the desk or
  the moment speaks against it. `agrees`: of the done pieces of one work that fit a dossier, it fits better than any other; nothing else is asked of such a piece.
  Who shares a code shares its key: all that is asked of a piece is asked among those of one key.
#}
with known as (
    select s.spelling_key, d.system, d.code, d.receiving_unit, d.resolving_unit, d.submitted_at, d.received_at, d.ended_at, d.returned_at
    from {{ touched_keys(ref('dossier_spelling')) }} as s
    inner join {{ ref('fct_dossier') }} as d on d.system = s.system and d.code = s.code
),

hit as (
    select
        p.system, p.code, p.spelling_key, p.work, p.office, p.outcome, k.system as dossier_system, k.code as dossier_code,
        coalesce(k.receiving_unit, k.resolving_unit) as desk, k.receiving_unit, k.resolving_unit,
        {{ postal_time_fit('p', 'k') }} as time_fit, {{ postal_unit_fit('p', 'k') }} as unit_fit, {{ postal_moment('p.work', 'k') }} as moment
    from {{ touched_keys(ref('postal_piece')) }} as p inner join known as k on k.spelling_key = p.spelling_key
),

{# Few codes are those of several dossiers, and few dossiers are fitted by several pieces of one work. #}
several as (
    select system, code from hit group by system, code having count(*) > 1
),

fitting as (
    select
        h.*, s.code is null and ({{ postal_fits('h.work', 'h.time_fit', 'h.unit_fit') }}) as fits,
        case h.time_fit when 'within' then 0 when 'near' then 2 else 4 end + case h.unit_fit when 'agrees' then 0 else 1 end as distance
    from hit as h left join several as s on s.system = h.system and s.code = h.code
),

shared as (
    select work, dossier_system, dossier_code, min(distance) as least_distance
    from fitting where fits and outcome = 'done' and work <> 'guide'
    group by work, dossier_system, dossier_code having count(*) > 1
),

best as (
    select f.work, f.dossier_system, f.dossier_code, f.distance
    from fitting as f
    inner join shared as s on s.work = f.work and s.dossier_system = f.dossier_system and s.dossier_code = f.dossier_code and s.least_distance = f.distance
    where f.fits and f.outcome = 'done'
    group by f.work, f.dossier_system, f.dossier_code, f.distance having count(*) = 1
)

select
    f.system, f.code, f.spelling_key, f.work, f.office, f.outcome, f.dossier_system, f.dossier_code, f.desk, f.receiving_unit, f.resolving_unit, f.time_fit, f.unit_fit, f.moment, f.fits,
    f.fits and (f.outcome <> 'done' or s.work is null or b.work is not null) as agrees
from fitting as f
left join shared as s on s.work = f.work and s.dossier_system = f.dossier_system and s.dossier_code = f.dossier_code
left join best as b on b.work = f.work and b.dossier_system = f.dossier_system and b.dossier_code = f.dossier_code and b.distance = f.distance
