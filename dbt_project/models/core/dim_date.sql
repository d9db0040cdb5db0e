{# Every day from the first one of the first dossier's year to the last one of the run's year. #}
with bounds as (
    select
        date_trunc('year', coalesce((select min(received_at) from {{ ref('fct_dossier') }}), as_of)) as first_day,
        date_trunc('year', as_of) + interval '1 year' - interval '1 day' as last_day
    from {{ ref('stg_run') }}
)

select
    series.day,
    {{ period_start('month', 'series.day') }} as month_start,
    {{ period_start('quarter', 'series.day') }} as quarter_start,
    {{ period_start('year', 'series.day') }} as year_start,
    cast(extract(isodow from series.day) as bigint) as weekday
from {{ date_series('(select first_day from bounds)', '(select last_day from bounds)', 'day') }} as series
