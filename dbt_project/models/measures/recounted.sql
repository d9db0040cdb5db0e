{# Dossiers whose cells are to be counted again: their lives were made again, or their traits have changed. #}
select system, code from {{ ref('dossier_touched') }}
union
select system, code from {{ ref('trait_changed') }}
