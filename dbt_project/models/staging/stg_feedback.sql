select extraction_seq, row_no, content_hash{% for column in contract_columns('feedback') %}, {{ column }}{% endfor %}
from {{ source('valid', 'feedback') }}
