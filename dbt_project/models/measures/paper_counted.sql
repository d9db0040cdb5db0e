{# Which procedures had a result on paper when dossiers were counted. #}
-- depends_on: {{ ref('trait_counted') }}
select code, coalesce(has_paper_result, true) as has_paper_result from {{ ref('dim_procedure') }}
