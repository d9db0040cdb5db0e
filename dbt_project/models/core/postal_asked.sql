{# Pieces of the post's work of which the rules across days and entities are asked again. #}
{{ asked_again('postal_touched', 'postal_event_version') }}
