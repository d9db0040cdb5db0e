{{ entity_versions('database_reports') }}
