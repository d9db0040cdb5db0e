{# Each database that was ever in a plan, as it was known on its newest day. #}
with newest as (
    select *, row_number() over (partition by system, code order by day desc) as place from {{ ref('database_tracker_history') }}
)

select system || '/' || code as database_key, code, name, owner, owner_name, basis, day as last_day from newest where place = 1
