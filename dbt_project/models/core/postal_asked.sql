{# Pieces of the post's work of which the rules across days and entities are asked again, as core.dossier_asked has dossiers. #}
select system, code from {{ ref('postal_touched') }}
{%- set versions, mark = ref('postal_event_version'), ref('rule_mark') %}
{%- if not flags.FULL_REFRESH %}
union
select v.system, v.code from {{ versions }} as v
where v.known_to is null and exists (select 1 from {{ mark }} as m inner join core.rule_mark_asked as a on a.mark <> m.mark)
{%- endif %}
