{#
  Pieces of work about which was decided again, each with what was decided: rows of core.fct_postal_event, which says what they mean.
#}
with possible as (
    select
        system, code, sum(case when edits is null then 1 else 0 end) as codes,
        max(case when edits is not null and not is_claimed and points >= {{ postal_near_points() }} then 1 else 0 end) as has_near
    from {{ ref('postal_choice') }} group by system, code
),

best as (
    select
        c.*,
        case
            when c.edits is null then c.points >= {{ postal_exact_points() }}
                and coalesce(c.margin >= {{ postal_exact_margin() }} or c.points - c.margin < {{ postal_near_points() }}, true)
            else c.points >= {{ postal_near_points() }} and not c.is_claimed
                and coalesce(c.margin >= case when p.codes = 0 then {{ postal_near_margin() }} else {{ postal_other_margin() }} end, true)
        end as is_taken
    from {{ ref('postal_choice') }} as c
    inner join possible as p on p.system = c.system and p.code = c.code
    where c.place = 1
),

exact as (
    select x.* from {{ touched_rows(ref('postal_exact'), 'postal_again') }} as x where x.agrees
),

{# What several doubtful pieces of one work take, only one that is clearly better has. #}
contested as (
    select
        *,
        is_taken and (
            work = 'guide' or outcome <> 'done' or row_number() over (
                partition by work, dossier_system, dossier_code, is_taken, outcome
                order by points desc, edits nulls first, {{ binary_order('system') }}, {{ binary_order('code') }}
            ) = 1 and coalesce(points - lead(points) over (
                partition by work, dossier_system, dossier_code, is_taken, outcome
                order by points desc, edits nulls first, {{ binary_order('system') }}, {{ binary_order('code') }}
            ) >= {{ postal_near_margin() }}, true)
        ) as is_first
    from best
),

decided as (
    select
        p.*,
        case
            when p.dossier_as_typed is null then 'missing'
            when x.code is not null then 'exact'
            when b.is_taken and b.edits is null then 'exact'
            when b.is_first then 'approximate'
            when b.is_taken or q.has_near = 1 or q.codes > 1 then 'ambiguous'
            when q.codes = 1 then 'contradicted'
            else 'unmatched'
        end as match,
        x.desk as exact_desk, b.desk as best_desk, x.moment as exact_moment, b.moment as best_moment, x.dossier_system as exact_system, x.dossier_code as exact_code, x.time_fit as exact_time_fit, x.unit_fit as exact_unit_fit,
        b.dossier_system as best_system, b.dossier_code as best_code, b.edits, b.time_fit as best_time_fit, b.unit_fit as best_unit_fit, b.points as best_points,
        b.margin
    from {{ touched_rows(ref('postal_piece'), 'postal_again') }} as p
    left join exact as x on x.system = p.system and x.code = p.code
    left join contested as b on b.system = p.system and b.code = p.code
    left join possible as q on q.system = p.system and q.code = p.code
),

found as (
    select
        d.*,
        case when {{ is_matched('d.match') }} then coalesce(d.exact_system, d.best_system) end as dossier_system,
        case when {{ is_matched('d.match') }} then coalesce(d.exact_code, d.best_code) end as dossier_code,
        case when {{ is_matched('d.match') }} then coalesce(d.exact_desk, d.best_desk) end as desk,
        case when {{ is_matched('d.match') }} then coalesce(d.exact_moment, d.best_moment) end as moment,
        coalesce(d.exact_time_fit, d.best_time_fit) as time_fit, coalesce(d.exact_unit_fit, d.best_unit_fit) as unit_fit,
        case
            when d.exact_code is null then d.best_points
            else {{ postal_points('d.work', 'd.exact_time_fit', 'd.exact_unit_fit', 'cast(null as bigint)', 'false', 'true') }}
        end as points
    from decided as d
)

select
    f.system, f.code, f.kind, f.work, f.office, coalesce(f.told_unit, f.desk, r.province_code) as unit, f.dossier_as_typed, f.scanned,
    f.began_at, f.ended_at, f.clerk_id, f.pages, f.files, f.signed, f.outcome, f.match, f.dossier_system, f.dossier_code,
    case when f.match = 'exact' then 0 when f.match = 'approximate' then f.edits end as edits,
    case when {{ is_matched('f.match') }} then f.points end as points, case when {{ is_matched('f.match') }} then f.margin end as margin,
    case when {{ is_matched('f.match') }} then f.time_fit end as time_fit, case when {{ is_matched('f.match') }} then f.unit_fit end as unit_fit, f.moment,
    {{ is_matched('f.match') }} and f.outcome = 'done' and f.work in ('receive', 'return') and row_number() over (
        partition by f.work, f.dossier_system, f.dossier_code, f.outcome
        order by f.match desc, f.began_at, {{ binary_order('f.system') }}, {{ binary_order('f.code') }}
    ) > 1 as is_repeated,
    f.batch_id
from found as f
cross join {{ ref('stg_run') }} as r
