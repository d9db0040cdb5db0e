{# Each dossier's newest row: where it stands, when it was paused or ended, and when its limit is spent; the clock stands while it is paused. #}
{# When what it tells was told first: what is told again unchanged began then. #}
with told as (
    select
        *,
        min(updated_at) over (
            partition by code, procedure, receiving_unit, resolving_unit, channel, status, submitted_at, received_at, due_at, ended_at, returned_at,
            online_level, components_digitized, components_reused, result_digitized, fee, online_payment
        ) as first_at
    from {{ ref('stg_dossier') }}
),

newest as (
    select distinct on (code) * from told order by code, updated_at desc nulls last, row_no desc
),

judged as (
    select
        *,
        case
            when status = 1 then 'new' when status = 3 then 'refused' when status in (5, 6) then 'paused' when status = 7 then 'withdrawn' when status = 8 then 'stopped'
            when status in (9, 10) then 'settled' else 'running'
        end as state,
        case when status in (5, 6) then greatest(first_at, received_at) when status in (3, 7, 8, 9, 10) then greatest(ended_at, received_at) end as stopped_at
    from newest
),

limited as (
    select *, case when state = 'paused' and stopped_at <= due_at then null else due_at + interval '1 second' end as breached_at from judged
)

select *, coalesce(breached_at > received_at and (stopped_at is null or breached_at < stopped_at), false) as is_split from limited
