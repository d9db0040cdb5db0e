{#
  Every telling of the keys in question, good or bad, of files that stand, in the order in which their source lived through them: by its own version
  (one that cannot be read counts as the last one before), then the day, file, extraction and row. A row without a key is told again by each delivery
  of its file, and is good where that has nothing against it.
  gone_on: the first day after the last telling on which its source has no such key any more: a complete snapshot or window without it, or said so.
#}
with extraction as (
    select * from {{ ref('stg_extractions') }} where superseded_seq is null and file is not null
),

told as (
    {%- for entity, unit in contract_units().items() %}
    select
        q.entity, e.source, q.system, q.thing, r.extraction_seq, r.row_no, e.day, e.file,
        {{ 'r.updated_at' if 'updated_at' in contract_columns(entity) else 'cast(null as timestamp)' }} as version_at,
        {{ 'r.' ~ unit if unit else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as unit, 1 as is_good
    from {{ ref('stg_' ~ entity) }} as r
    inner join extraction as e on e.extraction_seq = r.extraction_seq
    inner join {{ ref('questioned_key') }} as q on q.entity = '{{ entity }}' and q.system = e.system and q.row_key = r.code
    union all
    {%- endfor %}
    select entity, source, system, thing, extraction_seq, row_no, day, file, version_at, unit, 0
    from {{ ref('broken_rule') }} where corrected_on is null
    union all
    select b.entity, b.source, b.system, b.thing, e.extraction_seq, b.row_no, e.day, e.file, cast(null as timestamp), cast(null as {{ dbt.type_string() }}), 0
    from (select distinct entity, source, system, thing, file, row_no from {{ ref('broken_rule') }} where row_key is null and is_file) as b
    inner join extraction as e on e.source = b.source and e.file = b.file
),

telling as (
    select
        entity, source, system, thing, extraction_seq, row_no, day, file,
        max(version_at) as version_at, max(unit) as unit, max(is_good) = 1 as is_good
    from told
    group by entity, source, system, thing, extraction_seq, row_no, day, file
),

versioned as (
    select
        *, coalesce(version_at, max(version_at) over (
            partition by entity, system, thing order by day, {{ binary_order('file') }}, extraction_seq, row_no rows unbounded preceding
        )) as version,
        row_number() over (
            partition by entity, system, thing, source order by day desc, {{ binary_order('file') }} desc, extraction_seq desc, row_no desc
        ) as from_last
    from telling
),

{# The next delivery that would hold whatever this one holds. #}
next_whole as (
    select e.extraction_seq, min(c.day) as day
    from extraction as e
    inner join extraction as c
        on c.source = e.source and c.delivers = e.delivers and c.complete
        and (c.day > e.day or (c.day = e.day and c.extraction_seq > e.extraction_seq))
        and (e.delivers = 'snapshot' or (e.delivers = 'window' and c.window_from <= e.window_from and e.window_to <= c.window_to))
    group by e.extraction_seq
),

vanished as (
    select
        e.source, v.row_key, e.day, e.extraction_seq,
        row_number() over (partition by e.source, v.row_key order by e.day desc, e.extraction_seq desc) as from_last
    from {{ ref('stg_vanished') }} as v inner join extraction as e on e.extraction_seq = v.extraction_seq
),

{# Of each source's last telling: when it was no more there. #}
ended as (
    select
        t.*, case when t.from_last = 1 then n.day end as left_out_on,
        case when t.from_last = 1 and (v.day > t.day or (v.day = t.day and v.extraction_seq > t.extraction_seq)) then v.day end as vanished_on
    from versioned as t
    left join next_whole as n on n.extraction_seq = t.extraction_seq
    left join vanished as v on v.source = t.source and v.row_key = t.thing and v.from_last = 1
)

select
    entity, source, system, thing, extraction_seq, row_no, day, file, unit, is_good,
    row_number() over life as position, lead(day) over life as next_day,
    min(case when is_good then day end) over (life rows unbounded preceding) as good_since,
    max(least(left_out_on, vanished_on)) over (partition by entity, system, thing, source) as gone_on
from ended
window life as (
    partition by entity, system, thing
    order by version nulls first, day, {{ binary_order('file') }} nulls first, extraction_seq, row_no
)
