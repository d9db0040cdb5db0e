{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_keys() }}") }}
{#
  Pieces of work for which a code was typed that does not settle which dossier they are of. is_logged_again: the code does, but the same work was logged more than
  once, alike in all: no other dossier is looked for.
#}
with exact as (
    select x.* from {{ touched_keys(ref('postal_exact')) }} as x
),

piece as (
    select p.* from {{ touched_keys(ref('postal_piece')) }} as p where p.typed is not null
),

alike as (
    select x.work, x.dossier_system, x.dossier_code
    from exact as x inner join piece as p on p.system = x.system and p.code = x.code
    where x.fits and x.outcome = 'done'
    group by x.work, x.dossier_system, x.dossier_code
    having count(*) > 1 and min(p.began_at) = max(p.began_at) and min(coalesce(p.ended_at, p.began_at)) = max(coalesce(p.ended_at, p.began_at))
        and min(p.office) = max(p.office) and min(coalesce(p.told_unit, '')) = max(coalesce(p.told_unit, ''))
),

logged_again as (
    select x.system, x.code
    from exact as x inner join alike as a on a.work = x.work and a.dossier_system = x.dossier_system and a.dossier_code = x.dossier_code
    where x.fits and x.outcome = 'done'
)

select p.system, p.code, p.spelling_key, p.work, p.office, p.told_unit, p.typed, p.began_at, p.ended_at, p.outcome, l.code is not null as is_logged_again
from piece as p left join logged_again as l on l.system = p.system and l.code = p.code
where not exists (select 1 from exact as x where x.system = p.system and x.code = p.code and x.agrees)
