"""Steps of dossiers' handling: what happened to a dossier in the one-stop shop, and when."""

from qn_pipeline.contracts import codes
from qn_pipeline.contracts.model import Column, Contract, Rule

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
        Column("happened_at", "timestamp", "Thời điểm", "When it happened.", nullable=False),
        Column("due_at", "timestamp", "Hạn của bước", "When the step is due.", deadline=True),
    ),
    rules=(Rule("happened_in_future", "happened_at", "happened_at >= {day_end}", "Bước xử lý có thời điểm sau ngày mà dữ liệu được gửi."),),
)
