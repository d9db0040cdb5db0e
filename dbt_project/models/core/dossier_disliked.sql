{# Dossiers of which citizens have complained. #}
with named as (
    select {{ spelling('dossier') }} as spelling from {{ ref('fct_feedback') }} where is_petition and dossier is not null
),

complained as (
    select distinct {{ spelling_key('spelling') }} as spelling_key from named
)

select d.system, d.code from {{ ref('dossier_spelling') }} as d inner join complained as c on c.spelling_key = d.spelling_key
