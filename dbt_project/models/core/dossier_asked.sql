{# Dossiers of which the rules across days and entities are asked again: those told anew, and all of them when what the rules look at has changed. #}
select system, code from {{ ref('version_touched') }}
{%- set versions, mark = ref('fct_dossier_version'), ref('rule_mark') %}
{%- if not flags.FULL_REFRESH %}
union
select v.system, v.code from {{ versions }} as v
where v.known_to is null and exists (select 1 from {{ mark }} as m inner join core.rule_mark_asked as a on a.mark <> m.mark)
{%- endif %}
