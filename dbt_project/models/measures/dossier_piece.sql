{{ config(materialized='view') }}
{#
  Pieces of dossiers' lives that have begun: each is counted in flows of its first day, and in a stock until it is over. What counts by traits needs those of
  measures.trait_counted beside them.
#}
select i.*, i.piece = 1 as is_reception, coalesce(i.spell > i.spell_before, false) as is_reopening
from {{ ref('fct_dossier_interval') }} as i
where i.has_begun
