{# Periods with Vietnamese names: Tháng 08/2022, Quý III/2022. Reports that do not follow the calendar tell their days, too. #}
with named as (
    select
        *, {{ labelled("(period_set || '.' || grain)", 'grain') }} as grain_name,
        cast(extract(year from period_end) as bigint) as year, cast(extract(quarter from period_end) as bigint) as quarter,
        cast(extract(month from period_end) as bigint) as month
    from {{ ref('period') }}
)

select
    {{ period_key('period_set', 'grain', 'period_end') }} as period_key, period_set, {{ labelled('period_set', 'period_set') }} as period_set_name,
    grain, grain_name, period_start, period_end,
    grain_name || ' '
    || case
        when grain = 'day' then {{ day_told('period_end') }}
        when grain = 'month' then {{ month_told('period_end') }}
        when grain = 'quarter' then case quarter when 1 then 'I' when 2 then 'II' when 3 then 'III' else 'IV' end || '/' || {{ year_told('period_end') }}
        when grain = 'year' then {{ year_told('period_end') }}
        else 'năm ' || {{ year_told('period_end') }}
    end
    || case when period_set not in ('calendar', 'year_to_date') then ' (' || {{ day_told('period_start') }} || '–' || {{ day_told('period_end') }} || ')' else '' end as label,
    year, quarter, month, is_closed
from named
