"""docs/data-dictionary.md: what a valid row of each entity is, for officials and engineers to read.

Belongs here: the page's words and tables. Does not: where it is written (warehouse/generated).
"""

from collections.abc import Iterable

from qn_pipeline.contracts.model import TYPE_LABELS, Column, Contract, Reach, Rule, Severity, range_told

HEAD = """<!-- Written by `make generate` from qn_pipeline/contracts: change it there. -->
# Từ điển dữ liệu

Trang này cho biết mỗi loại dữ liệu gồm những cột nào, cột nào bắt buộc, nhận những mã nào, và mỗi dòng được kiểm tra theo những quy tắc nào.
Tên cột và tên quy tắc bằng tiếng Anh là tên dùng trong hệ thống; tên tiếng Việt bên cạnh là tên hiện trong báo cáo và danh sách lỗi.

- **Phạm vi của quy tắc**: *dòng* – chỉ xét chính dòng đó; *lần gửi* – so các dòng trong cùng một tệp hoặc một lần lấy; *lịch sử* – so với danh mục, với các ngày khác và
  với loại dữ liệu khác.
- **Mức độ**: *cách ly* – dòng chắc chắn sai nên không được tính vào số liệu cho đến khi nguồn gửi lại dòng đúng; bản đúng gần nhất của hồ sơ vẫn được tính. *Cảnh báo* –
  dòng vẫn được tính, nhưng được liệt kê để đơn vị kiểm tra.
- Dòng chỉ bị cách ly khi chắc chắn sai; điều gì chỉ đáng ngờ, hoặc không đi vào số liệu (như tên gọi), thì cảnh báo.
- **Dữ liệu cá nhân**: chỉ giữ mã niêm phong (HMAC) của định danh để đối chiếu; họ tên, địa chỉ, số điện thoại không được lưu.
- Tiền được tính bằng đồng, số nguyên. Thời điểm là giờ Việt Nam.

# Data dictionary

One section an entity: its key, its columns and the rules that its rows are held against. All of it derives from `qn_pipeline/contracts`, and so do the Arrow schema of
valid rows, the tables on both engines, the dbt sources with their tests, the counts that Great Expectations asserts, and the columns in Dagster's UI; a test finds drift.

- **Reach**: `row` and `extraction` rules are asked at the door in one pass (`validation/validate.py`), `history` rules in the warehouse (`core/history_violation`).
- **Severity**: `quarantine` keeps a row that is wrong beyond doubt out of every figure; the last good version of its key stands. `warn` tells, and the row counts. What is
  merely doubtful warns, and so does what no figure is made of. Rules of history all warn: what they hold a row against may be what is wrong.
- Required: a row without it is in quarantine. Codes are those of the profile `vietnam`; `generic` has some more. A rule marked *vietnam* is asked in that profile alone, one
  marked *needs* only of sources that bring the column.
- Personal columns hold a keyed HMAC. A change of a volatile column alone makes no new version. Money is whole đồng, timestamps are local and naive.
"""
REACHES = {Reach.ROW: "dòng · row", Reach.EXTRACTION: "lần gửi · extraction", Reach.HISTORY: "lịch sử · history"}
SEVERITIES = {Severity.WARN: "cảnh báo · warn", Severity.QUARANTINE: "cách ly · quarantine", Severity.STOP: "dừng · stop"}


def dictionary(contracts: Iterable[Contract]) -> str:
    """The page."""
    return "\n".join([HEAD, *(_section(contract) for contract in contracts)])


def _section(contract: Contract) -> str:
    columns = [
        [
            f"`{column.name}`",
            column.label,
            f"{TYPE_LABELS[column.type]} · {column.type}" + (f", {column.unit}" if column.unit else ""),
            "có · yes" if not column.nullable else "",
            _values(column),
            _marks(column),
            column.description,
        ]
        for column in contract.columns
    ]
    rules = [
        [f"`{rule.name}`", REACHES[rule.reach], SEVERITIES[rule.severity], f"`{rule.column}`", _message(rule)]
        for rule in (*contract.active_rules("vietnam"), *contract.history_rules)
    ]
    order = f", its versions in the order of `{contract.version_order}`" if contract.version_order else ""
    return (
        f"## {contract.label} (`{contract.entity}`)\n\n{contract.description}\n\n"
        f"Khóa · key: system, {', '.join(f'`{name}`' for name in contract.key)}{order}.\n\n"
        f"{_table(['cột · column', 'tên · label', 'kiểu · type', 'bắt buộc · required', 'giá trị · values', 'dấu · marks', 'description'], columns)}\n\n"
        f"{_table(['quy tắc · rule', 'phạm vi · reach', 'mức độ · severity', 'cột · column', 'thông báo · message'], rules)}\n"
    )


def _values(column: Column) -> str:
    if column.codes:
        return ", ".join(f"`{code}` {label}" for code, label in column.codes.codes("vietnam").items())
    if column.least is not None or column.most is not None:
        return range_told(column)
    return f"`{column.shape.pattern}`" if column.shape else ""


def _marks(column: Column) -> str:
    marks = {
        "cá nhân, niêm phong · personal, sealed": column.personal,
        "volatile": column.volatile,
        "hạn: hết ngày · deadline: end of day": column.deadline,
        "đã xảy ra · past": column.past,
        "văn bản đọc được · prose": column.prose,
    }
    return ", ".join(mark for mark, is_so in marks.items() if is_so)


def _message(rule: Rule) -> str:
    where = [f"*{rule.profile}*"] if rule.profile else []
    where += [f"*needs {', '.join(rule.needs)}*"] if rule.needs else []
    return " ".join([rule.message, *where])


def _table(headings: list[str], rows: list[list[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
