{{ entity_versions('units') }}
