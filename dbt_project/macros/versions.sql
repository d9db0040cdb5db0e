{#
  Versions of an entity's rows: what was known of a key (system, code), from which extraction on and until which.

  A row of a delivery is a telling. It stands from its extraction on, until
    - its file comes again (on the same day; one whose name says what it is about, on any) and tells the key otherwise, or is complete and leaves it out (a correction);
    - a later complete snapshot of its source, or a later complete window over its date, does not hold the key, or a later pull says that
      the source no longer has it (an absence).
  A row in quarantine is there: it makes no telling, and it lets nothing vanish.

  At any moment the best telling that stands is the version: by the source's own version (updated_at), then the day it speaks for, then
  file, extraction and row. Where none stands any more, a tombstone (is_deleted) is. The same content told again is the same version.
  Knowledge is counted in extraction sequence numbers: known_from until before known_to, null while it stands. A telling that
  came too late to ever stand has known_to no later than known_from. version_at is the stamp of its newest telling, first_at
  that of its first: what it tells began then. position is the order in which the source lived through its versions,
  whenever they came; is_retracted marks what was corrected later, or is from before an absence.

  Most keys are told once, by a delivery of changes: nothing is to be decided about them. Of the others, most have nothing that ended: for them one
  ordered pass does. What is left is asked at each moment at which something changed.
  With `touched`, a model of keys, only the versions of those are made (macros/touched.sql).
#}
{% macro entity_versions(entity, touched=none) %}
{%- set columns = contract_columns(entity) -%}
{%- set window_columns = ['received_at', 'submitted_at', 'ended_at'] | select('in', columns) | list -%}
{%- set windowed = 'received_at' in columns -%}
{%- set content = columns | reject('in', ['code', 'updated_at']) | list -%}
{%- set version_at = 'r.updated_at' if 'updated_at' in columns else 'cast(null as timestamp)' -%}
with extraction as (
    select *, row_number() over (order by day, {{ binary_order('file') }} nulls first, extraction_seq) as place from {{ ref('stg_extractions') }} where entity = '{{ entity }}'
),

{# Without the content: that is joined at the end. #}
told as (
    select
        e.source, e.system, e.delivers = 'changes' and e.superseded_seq is null as is_kept,
        e.place, e.day, e.file, e.superseded_seq, e.is_document, r.extraction_seq, r.row_no, r.code, r.content_hash, {{ version_at }} as version_at
        {%- if windowed %},
        cast(case e.window_by{% for column in window_columns %} when '{{ column }}' then r.{{ column }}{% endfor %} end as date) as window_day
        {%- endif %}
    from {{ ref('stg_' ~ entity) }} as r
    inner join extraction as e on e.extraction_seq = r.extraction_seq
    {{ touched_key('e.system', 'r.code', touched) }}
),

gone as (
    select e.source, e.system, v.row_key as code, e.day, e.extraction_seq
    from {{ ref('stg_vanished') }} as v inner join extraction as e on e.extraction_seq = v.extraction_seq
    {{ touched_key('e.system', 'v.row_key', touched) }}
),

{# Keys about which something is to be decided, each with a number: that of a row which tells it. #}
questioned as (
    select t.system, t.code, min(t.extraction_seq * 10000000000 + t.row_no) as key_no
    from told as t
    left join (select distinct system, code from gone) as g on g.system = t.system and g.code = t.code
    group by t.system, t.code
    having count(*) > 1 or not bool_and(t.is_kept) or count(g.code) > 0
),

telling as (
    select t.*, q.key_no from told as t inner join questioned as q on q.system = t.system and q.code = t.code
),

seen as (
    select source, system, code, extraction_seq from telling
    union
    select e.source, e.system, q.row_key, q.extraction_seq
    from {{ ref('stg_quarantine') }} as q
    inner join extraction as e on e.extraction_seq = q.extraction_seq
    where q.row_key is not null {{ touched_key('e.system', 'q.row_key', touched, 'and') }}
),

corrected as (
    select t.extraction_seq, t.row_no, min(c.extraction_seq) as ended_seq
    from telling as t
    inner join extraction as c on c.source = t.source and (c.day = t.day or (c.is_document and t.is_document)) and c.file = t.file and c.extraction_seq > t.extraction_seq
    where t.superseded_seq is not null
        and not exists (
            select 1 from telling as n
            where n.extraction_seq = c.extraction_seq and n.system = t.system and n.code = t.code
                and n.content_hash = t.content_hash and n.version_at is not distinct from t.version_at
        )
        and (
            exists (select 1 from telling as n where n.extraction_seq = c.extraction_seq and n.system = t.system and n.code = t.code)
            or (c.complete and not exists (select 1 from seen as s where s.extraction_seq = c.extraction_seq and s.system = t.system and s.code = t.code))
        )
    group by t.extraction_seq, t.row_no
),

snapshot as (
    select
        source, extraction_seq, day, position,
        min(case when complete then position end) over (partition by source order by position rows between 1 following and unbounded following) as next_complete
    from (
        select
            source, extraction_seq, day, complete,
            row_number() over (partition by source order by day, {{ binary_order('file') }}, extraction_seq) as position
        from extraction where delivers = 'snapshot' and superseded_seq is null
    ) as numbered
),

{# Where snapshots hold a key, rows that a correction could not take back included. #}
presence as (
    select source, system, code, next_complete, lead(position) over (partition by source, system, code order by position) as next_position
    from (
        select s.source, s.system, s.code, n.position, n.next_complete from seen as s inner join snapshot as n on n.extraction_seq = s.extraction_seq
        union
        select t.source, t.system, t.code, n.position, n.next_complete
        from telling as t
        inner join snapshot as n on n.source = t.source and n.day = t.day
        left join corrected as c on c.extraction_seq = t.extraction_seq and c.row_no = t.row_no
        where t.superseded_seq is not null and c.ended_seq is null
    ) as held
),

{% if windowed -%}
window_telling as (
    select
        t.source, t.system, t.code, t.day, t.extraction_seq, t.window_day,
        lead(t.day) over (partition by t.source, t.system, t.code order by t.day, t.extraction_seq, t.row_no) as next_day,
        lead(t.extraction_seq) over (partition by t.source, t.system, t.code order by t.day, t.extraction_seq, t.row_no) as next_seq
    from telling as t left join corrected as c on c.extraction_seq = t.extraction_seq and c.row_no = t.row_no
    where t.window_day is not null and c.ended_seq is null
),

{% endif -%}
absence as (
    select p.source, p.system, p.code, n.day, n.extraction_seq
    from presence as p inner join snapshot as n on n.source = p.source and n.position = p.next_complete
    where p.next_position is null or p.next_complete < p.next_position
    {%- if windowed %}
    union all
    select w.source, w.system, w.code, e.day, e.extraction_seq
    from window_telling as w
    inner join extraction as e
        on e.source = w.source and e.delivers = 'window' and e.complete and e.superseded_seq is null
        and e.window_from <= w.window_day and w.window_day < e.window_to
        and (e.day > w.day or (e.day = w.day and e.extraction_seq > w.extraction_seq))
        and (w.next_day is null or e.day < w.next_day or (e.day = w.next_day and e.extraction_seq < w.next_seq))
    where not exists (select 1 from seen as s where s.extraction_seq = e.extraction_seq and s.system = w.system and s.code = w.code)
    {%- endif %}
    union all
    select source, system, code, day, extraction_seq from gone
),

vanished as (
    select t.extraction_seq, t.row_no, min(a.extraction_seq) as ended_seq
    from absence as a
    inner join telling as t
        on t.source = a.source and t.system = a.system and t.code = a.code
        and (t.day < a.day or (t.day = a.day and t.extraction_seq < a.extraction_seq))
    group by t.extraction_seq, t.row_no
),

bounded as (
    select t.*, least(c.ended_seq, v.ended_seq) as ended_seq
    from telling as t
    left join corrected as c on c.extraction_seq = t.extraction_seq and c.row_no = t.row_no
    left join vanished as v on v.extraction_seq = t.extraction_seq and v.row_no = t.row_no
),

ordered as (
    select
        *, lag(content_hash) over life as hash_before, lag(coalesce(ended_seq, -1)) over life as ended_before
    from bounded
    window life as (partition by key_no order by version_at nulls first, place, row_no)
),

numbered as (
    select
        *,
        {{ sum_count("case when hash_before is distinct from content_hash or ended_before is distinct from coalesce(ended_seq, -1) then 1 else 0 end", "life") }} as position
    from ordered
    window life as (partition by key_no order by version_at nulls first, place, row_no rows unbounded preceding)
),

{# Tellings in a row with one content and one end. Any of their rows has the content: the one with the highest number is joined. #}
claim as (
    select
        key_no, position, min(content_hash) as content_hash, min(ended_seq) as ended_seq, min(extraction_seq) as known_since, max(version_at) as version_at,
        min(version_at) as first_at, min(day) as told_on, max(day) as last_told_on, max(extraction_seq * 10000000000 + row_no) as row_id
    from numbered
    group by key_no, position
),

ended as (
    select distinct key_no from claim where ended_seq is not null
),

moment as (
    select c.key_no, c.known_since as seq from claim as c inner join ended as e on e.key_no = c.key_no
    union
    select key_no, ended_seq from claim where ended_seq > known_since
),

standing as (
    select m.key_no, m.seq, max(c.position) as position
    from moment as m
    left join claim as c on c.key_no = m.key_no and c.known_since <= m.seq and (c.ended_seq is null or m.seq < c.ended_seq)
    group by m.key_no, m.seq
),

changed as (
    select
        s.key_no, s.seq, s.position,
        coalesce(c.content_hash, 'deleted') as content_hash,
        lag(coalesce(c.content_hash, 'deleted')) over (partition by s.key_no order by s.seq) as hash_before
    from standing as s left join claim as c on c.key_no = s.key_no and c.position = s.position
),

spell as (
    select key_no, position, content_hash, seq as known_from, lead(seq) over (partition by key_no order by seq) as known_to
    from changed
    where hash_before is distinct from content_hash and (position is not null or hash_before is not null)
),

version as (
    select
        c.key_no, c.position, c.content_hash, c.known_since as known_from,
        min(c.known_since) over (partition by c.key_no order by c.position rows between 1 following and unbounded following) as known_to
    from claim as c where not exists (select 1 from ended as e where e.key_no = c.key_no)
    union all
    select key_no, position, content_hash, known_from, known_to from spell
    union all
    select c.key_no, c.position, c.content_hash, c.known_since, c.known_since
    from claim as c
    inner join ended as e on e.key_no = c.key_no
    where not exists (select 1 from standing as s where s.key_no = c.key_no and s.position = c.position)
),

placed as (
    select *, row_number() over (partition by key_no order by known_to nulls last, position nulls last) as version_no from version
),

decided as (
    select
        q.system, q.code, v.version_no, v.position is null as is_deleted, v.position, c.ended_seq is not null as is_retracted,
        v.content_hash, c.version_at, c.first_at, c.row_id, c.told_on, c.last_told_on, v.known_from, v.known_to
    from placed as v
    inner join questioned as q on q.key_no = v.key_no
    left join claim as c on c.key_no = v.key_no and c.position = v.position
    union all
    select
        t.system, t.code, 1, false, 1, false, t.content_hash, t.version_at, t.version_at, t.extraction_seq * 10000000000 + t.row_no, t.day, t.day, t.extraction_seq, null
    from told as t where not exists (select 1 from questioned as q where q.system = t.system and q.code = t.code)
)

select d.*{% for column in content %}, r.{{ column }}{% endfor %}
from decided as d
left join {{ ref('stg_' ~ entity) }} as r on r.extraction_seq = {{ whole_division('d.row_id', '10000000000') }} and r.row_no = d.row_id % 10000000000
{% endmacro %}
