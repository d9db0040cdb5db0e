{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{% if is_incremental() %}delete from {{ this }} where month in (select t.month from {{ ref('postal_month_touched') }} as t){% endif %}"
) }}
-- depends_on: {{ ref('postal_month_touched') }}
{#
  How much of the post's work was accepted, by month, contract, desk and price line (a dossier once a month, desk and line, at the price of the day of its first
  piece), and how many pieces were not, by reason, kind and what was scanned.
#}
with piece as (
    select a.*, cast(a.began_at as date) as day
    from {{ ref('postal_accepted') }} as a
    {%- if is_incremental() %}
    where a.month in (select month from {{ ref('postal_month_touched') }})
    {%- endif %}
),

price as (
    select p.*, k.position
    from {{ ref('stg_postal_prices') }} as p
    inner join (select distinct contract, position from {{ ref('stg_postal_contracts') }}) as k on k.contract = p.contract
),

{# Each piece with the lines that pay for work of its kind, whether they are valid on its day or not: the first piece of a dossier decides. #}
placed as (
    select
        a.month, a.contract, a.desk, p.line, a.day, p.valid_from, p.valid_to, p.per, p.price, a.pages, a.files,
        case when p.per = 'dossier' then row_number() over (
            partition by a.month, a.contract, a.desk, p.line, a.dossier_system, a.dossier_code order by a.began_at, {{ binary_order('a.system') }}, {{ binary_order('a.code') }}
        ) else 1 end as place
    from piece as a
    inner join price as p
        on p.contract = a.contract and (p.desk is null or p.desk = a.desk) and (p.kind is null or p.kind = a.kind)
        and (p.scanned is null or p.scanned = coalesce(a.scanned, 'components'))
    where a.reason is null and (p.per in ('piece', 'page', 'file') or (p.per = 'dossier' and a.dossier_code is not null))
),

volume as (
    select
        month, contract, desk, line, {{ sum_count("case per when 'page' then pages when 'file' then files else 1 end") }} as quantity
    from placed
    where place = 1 and day >= valid_from and (valid_to is null or day <= valid_to)
    group by month, contract, desk, line
)

select
    month, contract, desk, line, cast(null as {{ dbt.type_string() }}) as kind, cast(null as {{ dbt.type_string() }}) as scanned,
    cast(null as {{ dbt.type_string() }}) as reason, quantity
from volume where quantity > 0
union all
select month, contract, desk, null, kind, scanned, reason, count(*) from piece where reason is not null group by month, contract, desk, kind, scanned, reason
