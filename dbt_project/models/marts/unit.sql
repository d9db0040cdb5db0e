{# The units that readers see, beside the figures. #}
select code as unit, name, level, parent, is_declared from {{ ref('dim_unit') }}
