{#
  One row: a hash over what lives of dossiers are reckoned with besides their own rows: working days, the calendars of units, the limits of
  procedures. When it differs from that of the last build, all lives are made again.
#}
with line as (
    select
        'day' as what, calendar || ' ' || cast(day as varchar)
        {%- for span in range(1, 5) %} || ' ' || coalesce(cast(opens_{{ span }} as varchar), '') || '-' || coalesce(cast(closes_{{ span }} as varchar), ''){% endfor %} as told
    from {{ ref('dim_workday') }}
    union all
    select 'unit', unit || ' ' || calendar from {{ ref('unit_calendar') }} where calendar <> ''
    union all
    select 'limit', code || ' ' || cast(time_limit as varchar) || ' ' || coalesce(limit_unit, '') from {{ ref('dim_procedure') }} where time_limit is not null
)

select md5(coalesce(string_agg(told, chr(10) order by what, told), '')) as mark from line
