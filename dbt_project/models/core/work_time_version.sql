{{ entity_versions('work_times') }}
