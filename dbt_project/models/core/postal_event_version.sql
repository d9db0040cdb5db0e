{{ entity_versions('postal_events') }}
