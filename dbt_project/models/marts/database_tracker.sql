{# The specialised databases as they stand at the end of the run's last day: the newest day of database_tracker_history. #}
select h.* from {{ ref('database_tracker_history') }} as h
inner join {{ ref('stg_run') }} as r on h.day = cast(r.as_of - interval '1 second' as date)
