{# Dossiers that are to be counted again: their lives are made again, or their traits have changed. #}
select distinct system, code from {{ ref('event_left') }}
union
select distinct system, code from {{ ref('trait_left') }}
