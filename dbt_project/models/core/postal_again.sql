{#
  Pieces of work about which is to be decided again: those with a touched code, those that their code does not settle, and those that are, were or may be of the
  same dossiers: which of them came first is asked of all. When all are made anew, nothing asks which.
#}
{%- set told, pieces, open_pieces, exact, choice = ref('postal_told'), touched_keys(ref('postal_piece')), ref('postal_open'), ref('postal_exact'), ref('postal_choice') %}
{%- if flags.FULL_REFRESH %}
select p.system, p.code from {{ ref('postal_piece') }} as p where false
{%- else %}
with asked as (
    select system, code from {{ told }}
    union
    select p.system, p.code from {{ pieces }} as p
    union
    select system, code from {{ open_pieces }}
),

dossier as (
    select x.dossier_system, x.dossier_code
    from {{ exact }} as x inner join asked as a on a.system = x.system and a.code = x.code
    union
    select dossier_system, dossier_code from {{ choice }} where place = 1
    union
    select f.dossier_system, f.dossier_code
    from core.fct_postal_event as f inner join asked as a on a.system = f.system and a.code = f.code
    where f.dossier_code is not null
)

select system, code from asked
union
select x.system, x.code
from {{ exact }} as x inner join dossier as d on d.dossier_system = x.dossier_system and d.dossier_code = x.dossier_code
where x.agrees
union
select f.system, f.code
from core.fct_postal_event as f inner join dossier as d on d.dossier_system = f.dossier_system and d.dossier_code = f.dossier_code
{%- endif %}
