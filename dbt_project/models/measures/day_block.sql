{#
  Every day's block: the span of days from one bound of any period to the next, named by its first day, so that every period is made of whole ones. A day is
  always in the same one, whatever other days there are: tables by block are kept. Days after as_of are in none.
#}
select d.day, max({{ block_bound('d.day', 'b.first_day') }}) as block
from {{ ref('dim_date') }} as d
cross join {{ ref('block_day') }} as b
cross join {{ ref('stg_run') }} as r
where d.day < r.as_of
group by d.day
