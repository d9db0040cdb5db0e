select extraction_seq, row_no, content_hash{% for column in contract_columns('work_times') %}, {{ column }}{% endfor %}
from {{ source('valid', 'work_times') }}
