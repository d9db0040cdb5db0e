{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget_keys() }}") }}
{# Pieces of work for which a code was typed that does not settle which dossier they are of. #}
select p.system, p.code, p.spelling_key, p.work, p.office, p.told_unit, p.typed, p.began_at, p.ended_at, p.outcome
from {{ touched_keys(ref('postal_piece')) }} as p
where p.typed is not null and not exists (select 1 from {{ touched_keys(ref('postal_exact')) }} as x where x.system = p.system and x.code = p.code and x.agrees)
