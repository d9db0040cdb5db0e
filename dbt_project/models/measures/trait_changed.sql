{#
  Dossiers that are counted with other traits than are known now, though nothing was told of them: the post's work and complaints come without them,
  and procedures' data do.
#}
{%- set said, procedures, dossiers = ref('dossier_said'), ref('dim_procedure'), ref('fct_dossier') -%}
{% if not flags.FULL_REFRESH -%}
with said as (
    select system, code
    from (
        select *, 1 as now from {{ said }}
        union all
        select *, 0 from measures.said_counted
    ) as told
    group by system, code, is_received, has_components, has_result, is_disliked
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

select system, code from said
union
select d.system, d.code from {{ dossiers }} as d inner join paper as p on p.code = d.procedure
{%- else -%}
select d.system, d.code from {{ dossiers }} as d cross join {{ said }} as s cross join {{ procedures }} as p where false
{%- endif %}
