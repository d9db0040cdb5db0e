{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget('dossier_touched') }}") }}
{# Dossiers that moved from one unit to another within a spell, a row a move. #}
select i.system, i.code, i.piece, cast(i.began_at as date) as day, i.unit_before as from_unit, i.unit as to_unit, i.channel
from {{ touched_rows(ref('fct_dossier_interval')) }} as i
where i.has_begun and i.spell_before = i.spell and i.unit <> i.unit_before
