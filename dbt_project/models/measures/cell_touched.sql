{# Cells (day and unit, by role) that are to be counted again: where recounted dossiers were, and where they are. #}
with event as (
    select e.* from {{ ref('dossier_event') }} as e inner join {{ ref('recounted') }} as r on r.system = e.system and r.code = e.code
)

select role, unit, day from {{ ref('cell_left') }}
union
select c.role, c.unit, c.day from ({{ cells_of('event') }}) as c
