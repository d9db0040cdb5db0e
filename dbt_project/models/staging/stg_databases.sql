select extraction_seq, row_no, content_hash{% for column in contract_columns('databases') %}, {{ column }}{% endfor %}
from {{ source('valid', 'databases') }}
