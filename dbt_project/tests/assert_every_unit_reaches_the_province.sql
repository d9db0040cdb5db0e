-- A unit whose parents form a loop would be missing from the province's figures.
select u.code
from {{ ref('dim_unit') }} as u
where not exists (
    select 1 from {{ ref('unit_ancestor') }} as a inner join {{ ref('stg_run') }} as r on r.province_code = a.ancestor where a.unit = u.code
)
