{# Dossiers that are counted with other traits than measures.trait_counted says: the post's work, complaints and procedures' data come without them. #}
{%- set traits = ref('dossier_trait') -%}
{% if not flags.FULL_REFRESH -%}
select t.system, t.code
from {{ traits }} as t
inner join measures.trait_counted as c on c.system = t.system and c.code = t.code
where c.traits <> {{ trait_bits('t') }}
{%- else -%}
select t.system, t.code from {{ traits }} as t where false
{%- endif %}
