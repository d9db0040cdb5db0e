{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget('dossier_touched') }}") }}
-- depends_on: {{ ref('dossier_touched') }}
{#
  Due dates that a later version has moved later, of counted dossiers. One is explained when a pause lies in the time between the two versions.
#}
with dated as (
    select
        system, code, version_no, due_at, moment_to, moment_from,
        lag(due_at) over (partition by system, code order by version_no) as due_before,
        lag(moment_from) over (partition by system, code order by version_no) as before_from,
        lag(moment_to) over (partition by system, code order by version_no) as before_to,
        first_value(due_at) over (partition by system, code order by version_no) as first_due_at
    from {{ ref('dossier_telling') }}
    where due_at is not null
),

later as (
    select * from dated where due_at > due_before
),

explained as (
    select distinct l.system, l.code, l.version_no
    from later as l
    inner join {{ touched_rows(ref('dossier_pause')) }} as p
        on p.system = l.system and p.code = l.code
        and p.began_at < l.moment_to and (p.ended_at is null or p.ended_at > l.before_from)
)

select
    l.system, l.code, l.version_no, l.first_due_at, l.due_before, l.due_at, l.before_to, l.moment_to as moved_by,
    e.code is not null as is_explained
from later as l
left join explained as e on e.system = l.system and e.code = l.code and e.version_no = l.version_no
