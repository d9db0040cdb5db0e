{{ entity_versions('procedures') }}
