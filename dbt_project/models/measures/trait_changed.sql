{#
  Dossiers that are counted with other traits than are known now, though nothing was told of them: the post's work and complaints come without them,
  and procedures' data do.
#}
{%- set worked, disliked, procedures, dossiers = ref('postal_changed'), ref('dossier_disliked'), ref('dim_procedure'), ref('fct_dossier') -%}
{#- The post's part is known by dossier. -#}
{%- set known = ref('postal_dossier') -%}
{% if not flags.FULL_REFRESH -%}
with complained as (
    select system, code
    from (
        select system, code from {{ disliked }}
        union all
        select system, code from measures.disliked_counted
    ) as told
    group by system, code
    having count(*) = 1
),

paper as (
    select p.code
    from {{ procedures }} as p left join measures.paper_counted as c on c.code = p.code
    where coalesce(p.has_paper_result, true) <> coalesce(c.has_paper_result, true)
    union
    select c.code from measures.paper_counted as c
    where not c.has_paper_result and not exists (select 1 from {{ procedures }} as p where p.code = c.code)
)

select dossier_system as system, dossier_code as code from {{ worked }} where dossier_code is not null
union
select system, code from complained
union
select d.system, d.code from {{ dossiers }} as d inner join paper as p on p.code = d.procedure
{%- else -%}
select d.system, d.code from {{ dossiers }} as d cross join {{ worked }} as w cross join {{ disliked }} as c cross join {{ procedures }} as p cross join {{ known }} as k where false
{%- endif %}
