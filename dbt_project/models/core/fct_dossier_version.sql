{{ entity_versions('dossiers') }}
