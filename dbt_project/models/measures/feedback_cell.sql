{#
  Feedback by day and unit (with those below it). Petitions are complaints and proposals; inquiries are counted apart. An open one passes its due date
  with no row that tells it: it leaves the stock within and enters the one past.
#}
select
    e.day, 'resolving' as role, a.ancestor as unit, 'all' as channel
    {%- for measure, condition in feedback_flow_conditions().items() %},
    {{ sum_count('case when ' ~ condition ~ ' then 1 else 0 end') }} as {{ measure }}
    {%- endfor %}
    {%- for measure, told in feedback_stock_conditions().items() %},
    {{ sum_count('case when ' ~ told[0] ~ ' then ' ~ told[1] ~ ' else 0 end') }} as {{ measure }}
    {%- endfor %}
from {{ ref('feedback_event') }} as e
inner join {{ ref('unit_ancestor') }} as a on a.unit = e.unit
group by e.day, a.ancestor
