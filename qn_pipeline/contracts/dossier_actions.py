"""Steps of dossiers' handling: what happened to a dossier in the one-stop shop, and when."""

from qn_pipeline.contracts import codes
from qn_pipeline.contracts.model import FIRST_DAY, LAST_DAY, Column, Contract, across_history, one_row_by

DOSSIER_ACTIONS = Contract(
    entity="dossier_actions",
    label="Bước xử lý hồ sơ",
    description="A step of a dossier's handling: reception, pauses, supplements, transfers, results.",
    key=("code",),
    follows="dossiers",
    columns=(
        Column("code", "text", "Mã bước", "The system's identifier of the step.", nullable=False),
        Column("dossier", "text", "Mã hồ sơ", "Code of the dossier.", nullable=False),
        Column("kind", "text", "Loại bước", "What happened.", nullable=False, codes=codes.ACTION_KIND),
        Column("happened_at", "timestamp", "Thời điểm", "When it happened.", nullable=False, past=True, least=FIRST_DAY),
        Column("due_at", "timestamp", "Hạn của bước", "When the step is due.", deadline=True, least=FIRST_DAY, most=LAST_DAY),
    ),
    rules=(
        one_row_by("step_doubled", ("code",), "Một bước xử lý được gửi nhiều lần trong cùng một lần gửi; dòng cuối cùng được tính."),
        across_history("dossier_unknown", "dossier", "Bước xử lý của một hồ sơ chưa được gửi, hoặc dòng của hồ sơ đang bị cách ly."),
    ),
)
