{{ config(materialized='incremental', incremental_strategy='append') }}
{#
  Codes, as they are compared, of work or dossiers that were told again since the last build that ended well: what has such a code is matched again. The
  pieces are read as they were, and as they are.
#}
with found as (
    select {{ spelling_key('spelling') }} as spelling_key
    from (
        select {{ spelling('v.dossier_as_typed') }} as spelling
        from {{ touched_rows(ref('postal_event_version'), 'postal_told') }} as v where v.dossier_as_typed is not null
    ) as typed
    union
    select {{ spelling_key('spelling') }}
    from (select {{ spelling('dossier') }} as spelling from (select {{ canonical_code('code') }} as dossier from {{ ref('dossier_told') }}) as d) as told
    {%- if is_incremental() %}
    union
    select p.spelling_key from {{ touched_rows('core.postal_piece', 'postal_told') }} as p where p.spelling_key is not null
    {%- endif %}
)

select f.spelling_key
from found as f
{%- if is_incremental() %}
where not exists (select 1 from {{ this }} as t where t.spelling_key = f.spelling_key)
{%- elif flags.FULL_REFRESH %}
where false
{%- endif %}
