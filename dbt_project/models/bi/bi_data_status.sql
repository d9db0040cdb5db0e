{# A row a source. as_of is the run's: all that is in `bi` was swapped in together. #}
with placed as (
    select *, cast(as_of - interval '1 second' as date) as last_day from {{ ref('data_status') }}
)

select
    source, entity, {{ labelled('entity', 'entity') }} as entity_name, as_of, first_day_asked as first_day, last_day, last_day_asked, last_day_with_rows,
    cast(last_day - last_day_with_rows as bigint) as days_without_rows, valid, arrived,
    cast({{ per_cent_down('valid', 'arrived') }} as decimal(20, 2)) as completeness, quarantined, open_cases, open_warnings, waived_cases, stale_keys,
    '{{ labels("method")["live"] }}' as method
from placed
