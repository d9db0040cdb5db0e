select extraction_seq, row_no, content_hash{% for column in contract_columns('dossiers') %}, {{ column }}{% endfor %}
from {{ source('valid', 'dossiers') }}
