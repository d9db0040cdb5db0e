{# Declared units, and those that only dossiers name, which stand under the province. #}
with declared as (
    select "Mã đơn vị" as code, "Mã cấp trên" as parent from {{ source('raw', 'units') }} where "Mã đơn vị" <> '000.00.00.H47'
),

named as (
    select resolving_unit as code from {{ ref('dossier') }} union select receiving_unit from {{ ref('dossier') }} where receiving_unit is not null
)

select '000.00.00.H47' as code, cast(null as text) as parent
union all
select d.code, coalesce(p.code, '000.00.00.H47') from declared as d left join declared as p on p.code = d.parent
union all
select code, '000.00.00.H47' from named where code not in (select code from declared) and code <> '000.00.00.H47'
