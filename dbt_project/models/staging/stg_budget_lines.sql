select extraction_seq, row_no, content_hash{% for column in contract_columns('budget_lines') %}, {{ column }}{% endfor %}
from {{ source('valid', 'budget_lines') }}
