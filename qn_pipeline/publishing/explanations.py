"""What decided that a row is counted, in Vietnamese: a sentence beside each row behind a figure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from qn_pipeline.contracts.codes import CHANNEL, FEEDBACK_KIND, POSTAL_OUTCOME, POSTAL_WORK, STATUS
from qn_pipeline.indicators.explain import Figure
from qn_pipeline.indicators.explained_dossier import Held, Searched
from qn_pipeline.indicators.explained_rows import Rows
from qn_pipeline.publishing import wording

Told = Mapping[str, Any]

STATES = {
    "running": "Đang giải quyết",
    "paused": "Đang tạm dừng chờ bổ sung hoặc nộp phí",
    "settled": "Đã có kết quả",
    "withdrawn": "Công dân rút hồ sơ",
    "stopped": "Dừng xử lý",
    "refused": "Từ chối giải quyết",
}
STANDINGS = {
    "early": "trước hạn",
    "on_time": "đúng hạn",
    "late": "quá hạn",
    "within": "trong hạn",
    "past": "đã quá hạn",
    "without_due": "không có hạn",
}
# What a measure asks of a dossier besides its life.
TRAITS = {
    "received_through_post": "qua bưu chính công ích",
    "received_digitized_by_post": "bưu điện đã số hóa thành phần hồ sơ",
    "received_online": "nộp trực tuyến",
    "received_direct": "nộp trực tiếp",
    "received_post": "nộp qua bưu chính công ích",
    "received_reused": "có thành phần hồ sơ được tái sử dụng",
    "received_from_store": "có thành phần lấy từ kho dữ liệu",
    "received_identity_verified": "người nộp được xác thực danh tính",
    "received_components_digitized": "thành phần hồ sơ đã số hóa",
    "received_electronic": "nộp trực tuyến và có kết quả điện tử khi phải trả kết quả giấy",
    "received_with_fee": "thủ tục có phí, lệ phí",
    "received_paid_online": "đã thanh toán trực tuyến",
    "settled_paper": "thủ tục trả kết quả giấy",
    "settled_paper_digitized": "thủ tục trả kết quả giấy, kết quả đã số hóa",
    "settled_digitized": "thành phần hồ sơ và kết quả đã số hóa",
    "settled_digitized_by_post": "bưu điện đã số hóa kết quả",
    "settled_happily": "không quá hạn, không bị phản ánh hay đánh giá không hài lòng",
}
DUE_ORIGINS = {"stated": "hệ thống ghi", "recomputed": "tính lại từ thời hạn giải quyết"}
MATCHES = {
    "exact": "mã khớp",
    "approximate": "mã gần đúng, khớp nơi và thời điểm",
    "ambiguous": "nhiều hồ sơ cùng phù hợp",
    "contradicted": "mã khớp nhưng công việc không phù hợp",
    "unmatched": "không có hồ sơ nào phù hợp",
    "missing": "không ghi mã",
}
ONLINE = {0: "không trực tuyến", 1: "một phần", 2: "toàn trình"}
HEADINGS = {
    "part": "Thành phần",
    "counted": "Số tính",
    "dossier": "Mã hồ sơ",
    "feedback": "Mã phản ánh",
    "piece": "Mã việc",
    "unit": "Mã đơn vị",
    "unit_name": "Đơn vị",
    "from_unit": "Mã nơi chuyển",
    "from_name": "Nơi chuyển",
    "to_unit": "Mã nơi nhận",
    "to_name": "Nơi nhận",
    "channel": "Kênh",
    "procedure": "Mã thủ tục",
    "procedure_name": "Thủ tục",
    "received_at": "Tiếp nhận",
    "due_at": "Hạn trả",
    "began_at": "Bắt đầu",
    "ended_at": "Kết thúc",
    "closed_at": "Đóng",
    "why": "Vì sao được tính",
    "kind": "Loại",
    "office": "Bưu cục",
    "pages": "Số trang",
    "files": "Số tệp",
    "dossier_as_typed": "Mã ghi trong sổ",
    "received": "Số hồ sơ tiếp nhận",
    "received_online": "Nộp trực tuyến",
    "received_with_fee": "Có phí",
    "received_paid_online": "Thanh toán trực tuyến",
    "version": "Phiên bản",
    "source": "Nguồn",
    "file": "Tệp",
    "row_no": "Dòng",
    "extraction": "Lần lấy dữ liệu",
    "told_on": "Ngày dữ liệu",
    "system": "Hệ thống",
}
"""The columns of an explanation, in their order, with their headings for readers."""


def explained(rows: Rows, part: str) -> tuple[list[str], list[list[Any]]]:
    """Rows as they are shown: the columns of HEADINGS that the family has, `why` among them."""
    tell = _TELLERS[rows.family]
    shown = [name for name in HEADINGS if name in rows.columns or name in ("part", "why")]
    lines = []
    for row in rows.rows:
        told = dict(zip(rows.columns, row, strict=True))
        told |= {"part": part, "why": tell(told), "dossier_as_typed": wording.typed_text(told.get("dossier_as_typed"))}
        lines.append([told[name] for name in shown])
    return shown, lines


def in_words(columns: Sequence[str], line: Sequence[Any]) -> list[Any]:
    """A line with its codes as words, for workbooks."""
    words = {"channel": CHANNEL.labels, "part": {"numerator": "Tử số", "denominator": "Mẫu số"}}
    kinds = FEEDBACK_KIND.labels | POSTAL_WORK.labels
    return [
        kinds.get(cell, cell) if name == "kind" else words.get(name, {}).get(cell, cell) if isinstance(cell, str) else cell
        for name, cell in zip(columns, line, strict=True)
    ]


def _at(moment: datetime) -> str:
    return f"{moment:%H:%M:%S ngày %d/%m/%Y}"


def _of_dossier(told: Told) -> str:
    measures = str(told["measures"]).split(", ")
    what = _event(told, measures)
    traits = [TRAITS[measure] for measure in measures if measure in TRAITS]
    return "; ".join([what, *traits])


def _event(told: Told, measures: Sequence[str]) -> str:
    flows = [measure for measure in measures if measure.removeprefix("local_").startswith(("settled", "withdrawn", "stopped", "refused"))]
    if measures[0].startswith("received"):
        return f"Tiếp nhận lúc {_at(told['began_at'])}"
    if measures[0] == "reopened":
        return f"Mở lại lúc {_at(told['began_at'])}, lần xử lý thứ {told['spell']}"
    reading = "local_" if measures[0].startswith("local_") else ""
    if flows:
        return f"{STATES[told['state']]} lúc {_at(told['began_at'])}, {_verdict(told, reading)}"
    moment = "đầu kỳ" if measures[0].startswith("opening_") else "cuối kỳ"
    return f"{STATES[told['state']]} vào {moment}, từ lúc {_at(told['began_at'])}, {_verdict(told, reading)}"


def _verdict(told: Told, reading: str) -> str:
    standing = told[f"{reading}standing"]
    due, spent, breached = told[f"{reading}due_at"], told[f"{reading}spent_at"], told[f"{reading}breached_at"]
    if standing in ("past", "late") and breached is not None and (spent is None or breached < spent + timedelta(seconds=1)):
        return f"quá hạn vì yêu cầu bổ sung lần thứ hai lúc {_at(breached)}"
    if due is None:
        return "không có hạn trả và không có thời hạn giải quyết"
    until = f"hạn {_at(due)} ({DUE_ORIGINS.get(told['due_origin'], told['due_origin'])})"
    if reading:
        until = f"hạn trước khi bị dời {_at(due)}"
    if spent is not None and spent != due:
        until += f", sau khi trừ thời gian tạm dừng là {_at(spent)}"
    return f"{STANDINGS[standing]}: {until}"


def _of_transfer(told: Told) -> str:
    return f"Chuyển từ {told['from_name'] or told['from_unit']} đến {told['to_name'] or told['to_unit']} lúc {_at(told['began_at'])}"


def _of_service(told: Told) -> str:
    words = []
    if told["online_rank"] is not None:
        words.append(f"Thuộc thẩm quyền, dịch vụ công {ONLINE.get(told['online_rank'], told['online_rank'])}")
        words += ["có phí, lệ phí"] if told["has_fee"] else []
    if told["received"]:
        words.append(f"{told['received']} hồ sơ tiếp nhận trong kỳ, {told['received_online']} trực tuyến")
    return "; ".join(words)


def _of_post(told: Told) -> str:
    outcome = POSTAL_OUTCOME.labels.get(told["outcome"], told["outcome"] or "không rõ kết quả")
    words = f"{POSTAL_WORK.labels[told['kind']]} lúc {_at(told['began_at'])}, {outcome.lower()}, {MATCHES[told['match']]}"
    return f"{words}, đã làm trước đó" if told["is_repeated"] else words


def _of_feedback(told: Told) -> str:
    words = [f"Tiếp nhận lúc {_at(told['received_at'])}"]
    if told["closed_at"] is not None:
        words.append(f"xử lý xong lúc {_at(told['closed_at'])}")
    words.append(f"hạn {_at(told['due_at'])} ({DUE_ORIGINS[told['due_origin']]})" if told["due_at"] is not None else "không có hạn")
    if told["due_at"] is not None and told["closed_at"] is not None and told["closed_at"] > told["due_at"]:
        words.append("quá hạn")
    words += ["không hài lòng"] if told["satisfied"] is False else []
    words += ["phản ánh lại"] if told["complained_again"] else []
    return ", ".join(words)


_TELLERS: dict[str, Callable[[Told], str]] = {
    "dossier": _of_dossier,
    "transfer": _of_transfer,
    "service": _of_service,
    "postal": _of_post,
    "feedback": _of_feedback,
}


def why(searched: Searched, figure: Figure) -> list[str]:
    """In sentences: whether a dossier is counted in a figure, and why not."""
    lines = []
    for held in searched.held:
        lines += _why_held(held, figure)
    for rule, message, state, severity, source, file, row_no in searched.broken:
        place = f"{file}, dòng {row_no}" if file else source
        waiting = "chưa sửa" if state == "open" else "đã sửa" if state == "fixed" else "được miễn kiểm tra"
        kept = "không được tính" if severity == "quarantine" and state == "open" else "vẫn được tính"
        lines.append(f"Dòng dữ liệu ở {place} vi phạm “{message}” ({rule}, {waiting}): dòng này {kept}.")
    return lines or [f"Không hệ thống nào cung cấp hồ sơ {searched.typed}, và không có dòng lỗi nào mang mã này."]


def _why_held(held: Held, figure: Figure) -> list[str]:
    facts = held.facts
    if facts is None:
        return [f"Hệ thống {held.system} đã từng cung cấp hồ sơ này và nay không còn: hồ sơ đã bị xóa hoặc được đính chính, nên không được tính."]
    if not facts["is_counted"]:
        return [f"Bản của hệ thống {held.system} không được tính: hồ sơ được tính theo một hệ thống khác."]
    if facts["received_at"] is None:
        status = STATUS.labels.get(str(facts["status"]), facts["status"])
        return [f"Hệ thống {held.system}: hồ sơ chưa có ngày tiếp nhận (trạng thái “{status}”), nên đứng ngoài mọi số liệu."]
    lines = [f"Hệ thống {held.system}: tiếp nhận lúc {_at(facts['received_at'])}, nay thuộc {facts['unit_name'] or facts['resolving_unit']}."]
    if facts["is_stale"]:
        lines.append("Có dòng mới hơn của hồ sơ này bị giữ lại vì lỗi: đang dùng bản đúng trước đó.")
    for part, rows in held.parts.items():
        name = {"numerator": "tử số", "denominator": "mẫu số"}[part]
        lines.append(f"Được tính {rows.total} vào {name}." if rows.total else f"Không được tính vào {name}.")
        lines += [f"  {line}" for line in _why_pieces(rows, figure)]
    return lines


def _why_pieces(rows: Rows, figure: Figure) -> list[str]:
    if not rows.rows:
        return ["Cả cuộc đời hồ sơ ở sau thời điểm tính."]
    lines = []
    for row in rows.rows:
        told = dict(zip(rows.columns, row, strict=True))
        until = f" đến {_at(told['ended_at'])}" if told["ended_at"] is not None else ""
        lines.append(f"{STATES[told['state']]} ({STANDINGS[told['standing']]}) từ {_at(told['began_at'])}{until}: {_why_piece(told, figure)}")
    return lines


def _why_piece(told: Told, figure: Figure) -> str:
    if not told["in_unit"]:
        return f"không tính, vì khi đó thuộc {told['unit_name'] or told['unit']}, không thuộc {figure.unit_name}"
    if not told["in_channel"]:
        return f"không tính, vì là kênh {CHANNEL.labels.get(told['channel'], told['channel'])}"
    if told["counted"]:
        return f"tính {told['counted']}"
    if not told["is_meant"]:
        return "không tính, vì không phải điều mà chỉ tiêu đếm"
    return f"không tính, vì không xảy ra trong kỳ ({figure.asked.start:%d/%m/%Y} – {figure.asked.end:%d/%m/%Y}) hoặc không còn vào thời điểm chốt kỳ"
