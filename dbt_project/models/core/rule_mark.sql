{#
  One row: a hash over what the rules across days and entities look at besides a row: units, procedures and services, and which units time has taken out of use
  since. When it is not that of the last time, all rows are asked again.
#}
with line as (
    select
        'unit' as what, u.code || ' ' || coalesce({{ as_text('u.valid_from') }}, '') || ' ' || coalesce({{ as_text('u.valid_to') }}, '') || case when u.valid_to < cast(r.as_of as date) then ' over' else '' end
            || case when u.valid_from > cast(r.as_of as date) then ' to come' else '' end as told
    from {{ ref('dim_unit') }} as u cross join {{ ref('stg_run') }} as r where u.is_declared
    union all
    select
        'procedure', code || ' ' || coalesce({{ as_text('has_fee') }}, '') || ' ' || coalesce({{ as_text('valid_from') }}, '') || ' ' || coalesce({{ as_text('valid_to') }}, '')
    from {{ ref('dim_procedure') }} where is_declared
    union all
    select 'service', unit || ' ' || procedure || ' ' || {{ as_text('online_rank') }} from {{ ref('dim_service') }}
)

select md5(coalesce(string_agg(told, chr(10) order by what, {{ binary_order('told') }}), '')) as mark from line
