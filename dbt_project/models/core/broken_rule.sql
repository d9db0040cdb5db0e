{#
  Rules that rows broke, one row a rule and row, those of corrected files included: corrected_on is the day of what took the place of the file. What
  was only read again, with nothing changed in the file, is no correction, and told once. A row without a readable key is known by its place: `thing` is
  the key, or the file and row. What was not waived at the door, because it was found later, is held against the waivers here.
#}
{{ config(materialized='view') }}
with found as (
    select extraction_seq, row_no, row_key, version_at, rule, severity, column_name, message, unit, waiver from {{ ref('stg_quarantine') }}
    union all
    select extraction_seq, row_no, row_key, version_at, rule, severity, column_name, message, null, null from {{ ref('history_violation') }}
),

broken as (
    select
        e.entity, e.source, e.system, e.day, e.file, e.is_file, s.day as corrected_on, f.*,
        coalesce(
            f.row_key,
            chr(31) || e.source || case when e.is_file then '/' || e.file else '/' || {{ as_text('e.extraction_seq') }} end || '#' || {{ as_text('f.row_no') }}
        ) as thing
    from found as f
    inner join {{ ref('stg_extractions') }} as e on e.extraction_seq = f.extraction_seq
    left join {{ ref('stg_extractions') }} as s on s.extraction_seq = e.superseded_seq
    where e.superseded_seq is null or s.sha256 is distinct from e.sha256
),

covered as (
    select b.extraction_seq, b.row_no, b.rule, min(w.position) as position
    from broken as b
    inner join {{ ref('stg_waivers') }} as w
        on w.rule = b.rule and b.day between w.valid_from and w.valid_to and (w.source is null or w.source = b.source)
        and (w.unit is null or w.unit = b.unit) and (w.row_key is null or w.row_key = b.row_key)
    where b.waiver is null
    group by b.extraction_seq, b.row_no, b.rule
),

named as (
    select c.extraction_seq, c.row_no, c.rule, w.waiver
    from covered as c inner join (select distinct position, waiver from {{ ref('stg_waivers') }}) as w on w.position = c.position
)

select
    b.entity, b.source, b.system, b.day, b.file, b.is_file, b.corrected_on, b.thing, b.extraction_seq, b.row_no, b.row_key, b.version_at, b.unit,
    b.rule, b.severity, b.column_name, b.message, coalesce(b.waiver, n.waiver) as waiver
from broken as b
left join named as n on n.extraction_seq = b.extraction_seq and n.row_no = b.row_no and n.rule = b.rule
