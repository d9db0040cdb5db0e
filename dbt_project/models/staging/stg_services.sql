select extraction_seq, row_no, content_hash{% for column in contract_columns('services') %}, {{ column }}{% endfor %}
from {{ source('valid', 'services') }}
