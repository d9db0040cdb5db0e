{{ entity_versions('services') }}
