{{ entity_versions('feedback') }}
