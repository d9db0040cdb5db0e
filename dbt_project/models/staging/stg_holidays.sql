select extraction_seq, row_no, content_hash{% for column in contract_columns('holidays') %}, {{ column }}{% endfor %}
from {{ source('valid', 'holidays') }}
