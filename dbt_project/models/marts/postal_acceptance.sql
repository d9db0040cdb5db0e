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

piece as (
    select a.*, cast(a.began_at as date) as day from {{ ref('postal_acceptance_piece') }} as a where a.reason is null
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
    where p.per in ('piece', 'page', 'file') or (p.per = 'dossier' and a.dossier_code is not null)
),

volume as (
    select
        month, contract, desk, line, {{ sum_count("case per when 'page' then pages when 'file' then files else 1 end") }} as quantity
    from placed
    where place = 1 and day >= valid_from and (valid_to is null or day <= valid_to)
    group by month, contract, desk, line
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
    select month, contract, desk, line, quantity, cast(null as bigint) as days, cast(null as bigint) as month_days from volume where quantity > 0
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
select month, contract, desk, null, null, null, kind, scanned, null, count(*), null, null, null, reason
from {{ ref('postal_acceptance_piece') }} where reason is not null
group by month, contract, desk, kind, scanned, reason
