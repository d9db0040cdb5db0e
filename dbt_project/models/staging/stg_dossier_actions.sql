select extraction_seq, row_no, content_hash{% for column in contract_columns('dossier_actions') %}, {{ column }}{% endfor %}
from {{ source('valid', 'dossier_actions') }}
