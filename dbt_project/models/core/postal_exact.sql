{#
  Pieces of work whose code, as typed, is that of a dossier, and how well the work fits it. `agrees`: it is the code of one dossier only, and nothing of the
  desk or the moment speaks against it.
#}
with dossier as (
    select system, code, receiving_unit, resolving_unit, submitted_at, received_at, ended_at, returned_at, {{ spelling('dossier') }} as spelling
    from {{ ref('fct_dossier') }} where is_counted
),

known as (
    select *, {{ spelling_key('spelling') }} as spelling_key from dossier
),

hit as (
    select
        p.system, p.code, p.work, p.outcome, k.system as dossier_system, k.code as dossier_code,
        {{ postal_time_fit('p', 'k') }} as time_fit, {{ postal_unit_fit('p', 'k') }} as unit_fit,
        count(*) over (partition by p.system, p.code) as dossiers
    from {{ ref('postal_piece') }} as p inner join known as k on k.spelling_key = p.spelling_key
)

select *, dossiers = 1 and {{ postal_agrees('time_fit', 'unit_fit') }} as agrees from hit
