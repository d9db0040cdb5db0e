select extraction_seq, row_no, content_hash{% for column in contract_columns('postal_events') %}, {{ column }}{% endfor %}
from {{ source('valid', 'postal_events') }}
