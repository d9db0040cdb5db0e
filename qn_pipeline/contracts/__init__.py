"""What a valid row is. One file an entity; everything else about a column derives from its declaration.

Belongs here: columns, code lists, keys, row rules. Does not: how a source spells them (mappings) or how rules are run (validation).
"""

from qn_pipeline.contracts.budget_lines import BUDGET_LINES
from qn_pipeline.contracts.calendars import HOLIDAYS, WORK_TIMES
from qn_pipeline.contracts.databases import DATABASE_REPORTS, DATABASES
from qn_pipeline.contracts.dossier_actions import DOSSIER_ACTIONS
from qn_pipeline.contracts.dossiers import DOSSIERS
from qn_pipeline.contracts.feedback import FEEDBACK
from qn_pipeline.contracts.model import Contract
from qn_pipeline.contracts.postal_events import POSTAL_EVENTS
from qn_pipeline.contracts.procedures import PROCEDURES
from qn_pipeline.contracts.services import SERVICES
from qn_pipeline.contracts.units import UNITS

CONTRACTS: dict[str, Contract] = {
    contract.entity: contract
    for contract in (
        *(DOSSIERS, DOSSIER_ACTIONS),
        *(POSTAL_EVENTS, BUDGET_LINES, DATABASES, DATABASE_REPORTS, FEEDBACK),
        *(UNITS, PROCEDURES, SERVICES, HOLIDAYS, WORK_TIMES),
    )
}
