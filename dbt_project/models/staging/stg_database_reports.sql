select extraction_seq, row_no, content_hash{% for column in contract_columns('database_reports') %}, {{ column }}{% endfor %}
from {{ source('valid', 'database_reports') }}
