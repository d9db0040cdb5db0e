{#
  What the post's work comes to, by month, contract, desk and price line: quantity x price in whole đồng. Posts (post_month) are paid by the calendar days of the
  month on which contract and price are valid, half up; a dossier once a month, desk and line, at the price of the day of its first piece; a lump sum in its last month.
  What was not accepted stands in rows of its own: line null, with reason and quantity (pieces), and no amount. Work without a contract is among it, contract null.
#}
with price as (
    select p.*, k.position
    from {{ ref('stg_postal_prices') }} as p
    inner join (select distinct contract, position from {{ ref('stg_postal_contracts') }}) as k on k.contract = p.contract
),

calendar as (
    select d.month_start as month, d.day, count(*) over (partition by d.month_start) as month_days
    from {{ ref('dim_date') }} as d cross join {{ ref('stg_run') }} as r
    where d.month_start < r.as_of
),

stayed as (
    select c.month, p.contract, p.desk, p.line, max(p.posts) as quantity, count(*) as days, max(c.month_days) as month_days
    from price as p
    inner join calendar as c on c.day >= p.valid_from and (p.valid_to is null or c.day <= p.valid_to)
    where p.per = 'post_month'
    group by c.month, p.contract, p.desk, p.line
),

paid as (
    select month, contract, desk, line, quantity, cast(null as bigint) as days, cast(null as bigint) as month_days from {{ ref('postal_volume') }} where reason is null
    union all
    select month, contract, desk, line, quantity, days, month_days from stayed
    union all
    select {{ period_start('month', 'p.valid_to') }}, p.contract, p.desk, p.line, 1, null, null
    from price as p cross join {{ ref('stg_run') }} as r
    where p.per = 'lump_sum' and {{ period_start('month', 'p.valid_to') }} < r.as_of
),

one_line as (
    select contract, line, desk, label, per, kind, scanned, price from price
)

select
    q.month, q.contract, q.desk, q.line, l.label, l.per, l.kind, l.scanned, l.price, q.quantity, q.days, q.month_days,
    case
        when q.days is null then q.quantity * l.price
        else {{ whole_division('2 * q.quantity * l.price * q.days + q.month_days', '2 * q.month_days') }}
    end as amount,
    cast(null as {{ dbt.type_string() }}) as reason
from paid as q
inner join one_line as l on l.contract = q.contract and l.line = q.line and (l.desk is null or l.desk = q.desk)
union all
select month, contract, desk, null, null, null, kind, scanned, null, quantity, null, null, null, reason
from {{ ref('postal_volume') }} where reason is not null
