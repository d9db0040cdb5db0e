{# A dossier counts on the day it is received, and on the day it ends. running_delta is what a day adds to the stock of running ones. #}
with dossier as (
    select d.resolving_unit, d.channel, d.state, d.verdict, d.received_at, d.ended_at, r.as_of
    from {{ ref('fct_dossier') }} as d cross join {{ ref('stg_run') }} as r
    where d.is_counted and d.state not in ('new', 'refused') and d.received_at < r.as_of
),

event as (
    select
        cast(received_at as date) as day, resolving_unit as unit, channel,
        1 as received, 0 as settled, 0 as settled_on_time, 0 as settled_late, 0 as settled_without_due, 1 as running_delta
    from dossier
    union all
    select
        cast(ended_at as date), resolving_unit, channel,
        0, case when state = 'settled' then 1 else 0 end, case when verdict = 'on_time' then 1 else 0 end,
        case when verdict = 'late' then 1 else 0 end, case when verdict = 'without_due' then 1 else 0 end, -1
    from dossier where state in ('settled', 'withdrawn', 'stopped') and ended_at < as_of
)

select
    day, unit, channel
    {%- for measure in flow_measures() %}, {{ sum_count(measure) }} as {{ measure }}{% endfor %}
    , {{ sum_count('running_delta') }} as running_delta
from event
group by day, unit, channel
