{#
  Every day's block: the span of days from one bound of any period to the next, named by its first day, so that every period is made of whole ones.
  Days after as_of are in none.
#}
select d.day, max(b.block) over (order by d.day rows unbounded preceding) as block
from {{ ref('dim_date') }} as d
left join (select distinct period_start as block from {{ ref('dim_period') }}) as b on b.block = d.day
cross join {{ ref('stg_run') }} as r
where d.day < r.as_of
