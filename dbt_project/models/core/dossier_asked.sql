{# Dossiers of which the rules across days and entities are asked again. #}
{{ asked_again('version_touched', 'fct_dossier_version') }}
