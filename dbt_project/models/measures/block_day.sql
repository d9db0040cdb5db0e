{# The days of the month on which a block begins: those on which any period does, and the first. #}
select distinct first_day from {{ source('valid', 'period_ends') }}
union
select 1
