{# What others than the one-stop shop say of dossiers: the post of its work, citizens of their displeasure. Dossiers of which nothing is said have no row. #}
with named as (
    select {{ spelling('dossier') }} as spelling from {{ ref('fct_feedback') }} where is_petition and dossier is not null
),

complained as (
    select distinct {{ spelling_key('spelling') }} as spelling_key from named
),

spelt as (
    select system, code, {{ spelling('dossier') }} as spelling from {{ ref('dossier_life') }}
    {# Without a complaint nothing is to be looked up. #}
    where exists (select 1 from complained)
),

said as (
    select s.system, s.code, false as is_received, false as has_components, false as has_result, true as is_disliked
    from spelt as s inner join complained as c on c.spelling_key = {{ spelling_key('s.spelling') }}
    union all
    select system, code, is_received, has_components, has_result, false from {{ ref('postal_dossier') }}
)

select
    system, code, bool_or(is_received) as is_received, bool_or(has_components) as has_components, bool_or(has_result) as has_result, bool_or(is_disliked) as is_disliked
from said group by system, code
