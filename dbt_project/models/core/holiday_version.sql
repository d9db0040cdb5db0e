{{ entity_versions('holidays') }}
