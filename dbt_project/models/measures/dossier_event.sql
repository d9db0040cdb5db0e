{{ config(materialized='view') }}
{#
  What happens on a day, a row a dossier, day and unit: a piece of its life begins, or ends. Conditions that both cells and procedures count.
#}
select
    i.system, i.code, i.piece, i.spell, i.state, i.standing, i.local_standing, i.is_end, i.unit, i.desk, i.channel, i.procedure, i.has_fee, i.is_paid_online,
    i.began_at, i.ended_at, i.has_begun, i.is_over,
    i.piece = 1 as is_reception,
    coalesce(i.spell > i.spell_before, false) as is_reopening,
    i.unit_before, i.spell_before = i.spell as same_spell
from {{ ref('fct_dossier_interval') }} as i
