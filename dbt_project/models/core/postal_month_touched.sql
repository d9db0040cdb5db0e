{#
  Months of the post's work that are to be counted again: in which not every piece is counted as it was, and all of them when units lie below others than before.
#}
with piece as (
    select sign, {{ period_start('month', 'began_at') }} as month, system, code, began_at, unit, office, dossier_system, dossier_code, counted
    from {{ ref('postal_changed') }}
),

changed as (
    select month from piece
    group by month, system, code, began_at, unit, office, dossier_system, dossier_code, counted
    having sum(sign) <> 0
)

select distinct month from changed
{%- set ancestors = ref('unit_ancestor') %}
{%- if not flags.FULL_REFRESH %}
union
select month from measures.postal_served
where exists (
    select 1
    from (
        select unit, ancestor, 1 as side from {{ ancestors }}
        union all
        select unit, ancestor, -1 from measures.ancestor_counted
    ) as told
    group by unit, ancestor having sum(side) <> 0
)
{%- endif %}
