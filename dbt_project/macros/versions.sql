{#
  Versions of an entity's rows: a row for each change of content that was ever known of a key (system, code).

  Order of versions: the source's own version (updated_at), then the day the content speaks for, then file, extraction and row.
  A version is known from the first extraction that brought it until a later version is known (extraction sequence numbers;
  a version whose known_to is not after known_from came too late to ever stand). is_deleted marks a tombstone.

  Tombstones come from three places, all derived from what each extraction covers:
    - a complete snapshot that no longer holds a key,
    - a complete window that covers a key's date and does not hold it,
    - a corrected file that no longer holds a key: what else is known of it stands, or nothing.
  A row in quarantine is there: it neither makes a version nor lets its key vanish.
#}
{% macro entity_versions(entity) %}
{%- set columns = contract_columns(entity) -%}
{%- set versioned = 'updated_at' in columns -%}
{%- set version_at = 'updated_at' if versioned else 'cast(null as timestamp)' -%}
{%- set content = columns | reject('in', ['code', 'updated_at']) | list -%}
{%- set version_order = 'version_at nulls first, day, ' ~ binary_order('file') ~ ' nulls first, extraction_seq, row_no' -%}
with extraction as (
    select * from {{ ref('stg_extractions') }} where entity = '{{ entity }}'
),

valid_row as (
    select
        e.source, e.system, e.day, e.file, e.delivers, e.window_by, e.superseded_seq,
        r.extraction_seq, r.row_no, r.content_hash, {{ version_at }} as version_at,
        r.code{% for column in content %}, r.{{ column }}{% endfor %}
    from {{ ref('stg_' ~ entity) }} as r
    inner join extraction as e on e.extraction_seq = r.extraction_seq
),

{# Where a key was seen, good or bad: only a key that was not seen at all has vanished. #}
seen as (
    select source, system, code, extraction_seq, max(version_at) as version_at from valid_row group by source, system, code, extraction_seq
    union all
    select e.source, e.system, q.row_key, q.extraction_seq, null
    from {{ ref('stg_quarantine') }} as q
    inner join extraction as e on e.extraction_seq = q.extraction_seq
    where q.row_key is not null
),

snapshot as (
    select source, extraction_seq, day, file, row_number() over (partition by source order by day, {{ binary_order('file') }}, extraction_seq) as position
    from extraction where delivers = 'snapshot' and complete and superseded_seq is null
),

snapshot_presence as (
    select s.source, s.system, s.code, n.position, n.day, max(s.version_at) as version_at
    from seen as s inner join snapshot as n on n.extraction_seq = s.extraction_seq
    group by s.source, s.system, s.code, n.position, n.day
),

{# The snapshot after the last one in a row that held the key. #}
snapshot_gap as (
    select g.source, g.system, g.code, g.version_at, g.day as last_day, n.extraction_seq, n.day, n.file
    from (
        select *, lead(position) over (partition by source, system, code order by position) as next_position from snapshot_presence
    ) as g
    inner join snapshot as n on n.source = g.source and n.position = g.position + 1
    where g.next_position is distinct from g.position + 1
),

{% if 'received_at' in columns -%}
window_row as (
    select
        source, system, code, day, extraction_seq, version_at,
        cast(case window_by when 'received_at' then received_at when 'submitted_at' then submitted_at when 'ended_at' then ended_at end as date) as window_day,
        lead(day) over (partition by source, system, code order by day, extraction_seq, row_no) as next_day,
        lead(extraction_seq) over (partition by source, system, code order by day, extraction_seq, row_no) as next_seq
    from valid_row where delivers = 'window' and superseded_seq is null
),

{# Every later window over the date that the key had until it was told again. #}
window_gap as (
    select w.source, w.system, w.code, w.version_at, w.day as last_day, e.extraction_seq, e.day, e.file
    from window_row as w
    inner join extraction as e
        on e.source = w.source and e.delivers = 'window' and e.complete and e.superseded_seq is null
        and e.window_from <= w.window_day and w.window_day < e.window_to
        and (e.day > w.day or (e.day = w.day and e.extraction_seq > w.extraction_seq))
        and (w.next_day is null or e.day < w.next_day or (e.day = w.next_day and e.extraction_seq < w.next_seq))
    where not exists (select 1 from seen as s where s.extraction_seq = e.extraction_seq and s.system = w.system and s.code = w.code)
),

{% endif -%}
{# A key that another source of the same system goes on telling has moved, not vanished. #}
tombstone as (
    select g.* from (
        select * from snapshot_gap
        {%- if 'received_at' in columns %} union all select * from window_gap{% endif %}
    ) as g
    where not exists (
        select 1 from valid_row as v
        where v.system = g.system and v.code = g.code and v.source <> g.source and v.superseded_seq is null and v.day >= g.last_day
    )
),

{# Rows of a corrected file that the correction does not replace by itself: it leaves the key out, or gives it an older version. #}
retracted as (
    select v.* from valid_row as v
    where v.superseded_seq is not null
        and not exists (
            select 1 from valid_row as c
            where c.extraction_seq = v.superseded_seq and c.system = v.system and c.code = v.code
                and (c.version_at >= v.version_at or v.version_at is null)
        )
        and not exists (
            select 1 from {{ ref('stg_quarantine') }} as q
            where q.extraction_seq = v.superseded_seq and q.row_key = v.code and q.severity = 'quarantine'
        )
),

{# What stands in its place: the best row that is known by then and not retracted itself. #}
fallback as (
    select
        r.extraction_seq as retracted_seq, r.row_no as retracted_row, v.extraction_seq, v.row_no,
        row_number() over (
            partition by r.extraction_seq, r.row_no
            order by v.version_at desc nulls last, v.day desc, {{ binary_order('v.file') }} desc nulls last, v.extraction_seq desc, v.row_no desc
        ) as choice
    from retracted as r
    inner join valid_row as v
        on v.system = r.system and v.code = r.code and v.extraction_seq <= r.superseded_seq
        and (v.superseded_seq is null or v.superseded_seq > r.superseded_seq)
),

event as (
    select
        system, code, version_at, day, file, extraction_seq, row_no, content_hash, false as is_deleted, source
        {%- for column in content %}, {{ column }}{% endfor %}
    from valid_row
    union all
    select
        system, code, version_at, day, file, extraction_seq, 0, 'deleted', true, source
        {%- for column in content %}, null{% endfor %}
    from tombstone
    union all
    select
        r.system, r.code, r.version_at, r.day, r.file, r.superseded_seq, r.row_no, coalesce(v.content_hash, 'deleted'), v.content_hash is null, r.source
        {%- for column in content %}, v.{{ column }}{% endfor %}
    from retracted as r
    left join fallback as f on f.retracted_seq = r.extraction_seq and f.retracted_row = r.row_no and f.choice = 1
    left join valid_row as v on v.extraction_seq = f.extraction_seq and v.row_no = f.row_no
),

ordered as (
    select *, lag(content_hash) over (partition by system, code order by {{ version_order }}) as hash_before
    from event
),

numbered as (
    select
        *,
        sum(case when hash_before is distinct from content_hash then 1 else 0 end)
            over (partition by system, code order by {{ version_order }} rows unbounded preceding) as version_no
    from ordered
),

{# The same content told again is the same version, known since it was first told. #}
version as (
    select
        *,
        min(extraction_seq) over (partition by system, code, version_no) as known_from,
        max(day) over (partition by system, code, version_no) as last_told_on,
        row_number() over (partition by system, code, version_no order by {{ version_order }}) as telling
    from numbered
)

select
    system, code, cast(version_no as bigint) as version_no, is_deleted, content_hash, version_at, day as told_on, last_told_on, source,
    extraction_seq as batch_id, row_no, known_from,
    min(known_from) over (partition by system, code order by version_no rows between 1 following and unbounded following) as known_to
    {%- for column in content %}, {{ column }}{% endfor %}
from version
where telling = 1
{% endmacro %}
