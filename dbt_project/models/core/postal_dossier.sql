-- depends_on: {{ ref('postal_changed') }}
{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{% if is_incremental() %}delete from {{ this }} where (system, code) in (select c.dossier_system, c.dossier_code from {{ ref('postal_changed') }} as c where c.dossier_code is not null){% endif %}"
) }}
{# Dossiers that the post has worked on, and what it did for them. #}
select
    e.dossier_system as system, e.dossier_code as code,
    max(case when e.kind = 'receive' then 1 else 0 end) = 1 as is_received,
    max(case when e.kind = 'digitize' and coalesce(e.scanned, 'components') = 'components' then 1 else 0 end) = 1 as has_components,
    max(case when e.kind = 'digitize' and e.scanned = 'result' then 1 else 0 end) = 1 as has_result,
    max(case when e.kind = 'return' then 1 else 0 end) = 1 as is_returned
from {{ ref('fct_postal_event') }} as e
where {{ is_matched('e.match') }} and e.outcome = 'done'
    {%- if is_incremental() %}
    and exists (select 1 from {{ ref('postal_changed') }} as c where c.dossier_system = e.dossier_system and c.dossier_code = e.dossier_code)
    {%- endif %}
group by e.dossier_system, e.dossier_code
