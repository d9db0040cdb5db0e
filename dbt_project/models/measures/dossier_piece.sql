{{ config(materialized='view') }}
{# Pieces of dossiers' lives that have begun, with what they are counted by: a flow of its first day, and a stock until it is over. #}
select i.*, i.piece = 1 as is_reception, coalesce(i.spell > i.spell_before, false) as is_reopening, t.traits
from {{ ref('fct_dossier_interval') }} as i
inner join {{ ref('trait_counted') }} as t on t.system = i.system and t.code = i.code
where i.has_begun
