{{ entity_versions('databases') }}
