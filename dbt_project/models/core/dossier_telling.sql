{#
  Versions of counted dossiers in the order in which they were, however late they came: the newest, and the earlier ones that were not taken back.
  A version without a moment of its own lies somewhere on the day that it was told: between moment_from and moment_to.
#}
with version as (
    select
        v.*, row_number() over (partition by v.system, v.code, v.position order by v.version_no desc) as place
    from {{ touched_rows(ref('fct_dossier_version')) }} as v
    where not v.is_deleted and not v.is_retracted
)

select
    v.system, v.code, v.position as version_no, v.known_to is null as is_newest,
    coalesce(v.first_at, cast(v.told_on as timestamp)) as moment_from,
    coalesce(v.first_at, cast(v.told_on as timestamp) + interval '1 day') as moment_to,
    v.status, v.resolving_unit, v.due_at, v.ended_at
from version as v
inner join {{ touched_rows(ref('fct_dossier')) }} as d on d.system = v.system and d.code = v.code and d.is_counted
where v.place = 1
