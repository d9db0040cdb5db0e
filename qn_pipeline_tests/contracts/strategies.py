"""Valid rows of any contract for hypothesis, made from what its columns and orders declare, and one thing broken in them.

Belongs here: nothing of a single feed but how its own rules tie columns together (TIES).
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from qn_pipeline.contracts.model import Column, Contract, column_rules
from qn_pipeline_tests.contracts.rows import GOOD, Row

Values = dict[str, Any]
DAY = date(2022, 6, 30)
"""What the rows speak for."""
_BASE = datetime(2022, 1, 3, 7)  # noqa: DTZ001 -- local and naive, as the pipeline counts
_WORDS = st.lists(
    st.sampled_from(["Sở", "Nội vụ", "TỈNH", "QUẢNG NAM", "Xã", "ĐẮK LẮK", "phường 5", "(lần 2)", "“một cửa”", "–", "kỹ thuật"]), min_size=1
)


def valid_rows(contract: Contract) -> st.SearchStrategy[Row]:
    """Good rows as a source spells them."""
    return _valid_values(contract).map(spelt)


@st.composite
def _valid_values(draw: st.DrawFn, contract: Contract) -> Values:
    values: Values = {}
    for column in contract.columns:
        if column.nullable and column.name not in _NEEDED.get(contract.entity, ()) and draw(st.booleans()):
            values[column.name] = None
        else:
            values[column.name] = draw(_value(column, contract.entity))
    # The later of two moments is drawn as time after the earlier one.
    for _ in contract.orders:
        for order in contract.orders:
            earlier, later = values[order.earlier], values[order.later]
            if earlier is not None and later is not None and later < earlier:
                values[order.later] = earlier + timedelta(minutes=draw(st.integers(0, 10_000)))
    return _TIES.get(contract.entity, lambda values, draw: values)(values, draw)


def _value(column: Column, entity: str) -> st.SearchStrategy[Any]:
    if column.codes:
        return st.sampled_from(list(column.codes.codes("vietnam"))).map(int if column.type == "integer" else str)
    match column.type:
        case "boolean":
            return st.booleans()
        case "integer":
            least, most = column.least, column.most
            assert not isinstance(least, date)
            assert not isinstance(most, date)
            return st.integers(0 if least is None else least, 10**9 if most is None else most)
        case "timestamp":
            return st.integers(0, 60 * 24 * 60).map(lambda minutes: _BASE + timedelta(minutes=minutes))
        case "date":
            return st.integers(0, 60).map(lambda days: _BASE.date() + timedelta(days=days))
    if column.prose:
        return _WORDS.map(" ".join)
    if column.shape and not column.nullable:
        return st.just(GOOD[entity][column.name])
    return st.from_regex(column.shape.pattern, fullmatch=True) if column.shape else st.text("ABCxyz0129.-", min_size=1, max_size=12)


def spelt(values: Values) -> Row:
    return {name: _text(value) for name, value in values.items()}


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(int(value)) if isinstance(value, bool) else str(value)


# What rules of one feed tie together.


def _dossier(values: Values, draw: st.DrawFn) -> Values:
    status = values["status"]
    if status in (1, 3):
        values |= dict.fromkeys(("received_at", "due_at", "ended_at", "returned_at"))
    if status in (2, 4, 5, 6):
        values |= dict.fromkeys(("ended_at", "returned_at"))
    if status in (7, 8, 9):
        values["returned_at"] = None
    received = values["received_at"]
    values["code"] = f"000.00.33.H47-{received:%y%m%d}-0001" if received else "H47.33-220103-1"
    if values["channel"] == "online" and values["online_level"] == "none":
        values["online_level"] = "partial"
    values["fee"] = draw(st.none() | st.integers(1, 10**9))
    if values["fee"] is None:
        values["online_payment"] = None
    return values


def _work(values: Values, draw: st.DrawFn) -> Values:
    values["ended_at"] = values["began_at"] + timedelta(minutes=draw(st.integers(15, 600)))
    values["pages"] = draw(st.integers(1, 3_000)) if values["kind"] == "digitize" else None
    values["files"] = draw(st.integers(1, values["pages"])) if values["pages"] else None
    values["scanned"] = values["scanned"] if values["kind"] == "digitize" else None
    return values


def _budget_line(values: Values, draw: st.DrawFn) -> Values:
    total = draw(st.integers(1_000_000, 10**13))
    values |= {"year": 2022, "month": draw(st.integers(1, 6)), "estimate": total, "allotted": total, "adjustment": None, "carried_over": None}
    values |= {"need": total, "expected": draw(st.integers(0, total)), "disbursed": draw(st.integers(0, total))}
    values["settled"] = draw(st.none() | st.integers(0, values["disbursed"]))
    if values["subitem"] and values["item"]:
        values["item"] = f"{int(values['subitem']) // 50 * 50:04}"
    return values


def _in_order(ending: str) -> Callable[[Values, st.DrawFn], Values]:
    def tie(values: Values, draw: st.DrawFn) -> Values:
        names = [name for name in values if name.endswith(ending)]
        days = sorted(draw(st.lists(st.integers(0, 100), min_size=len(names), max_size=len(names))))
        values |= {name: _BASE.date() + timedelta(days=day) for name, day in zip(names, days, strict=True)}
        if ending == "_planned":
            values |= dict(zip((name for name in values if name.endswith("_weight")), (10, 15, 25, 25, 15, 10), strict=True))
        for name in ("planned_amount", "amount_spent"):
            if name in values:
                values[name] = draw(st.none() | st.just(0) | st.integers(1_000_000, 10**12))
        return values

    return tie


def _contact(values: Values, draw: st.DrawFn) -> Values:
    if values["status"] in ("new", "processing"):
        values |= dict.fromkeys(("answered_at", "satisfied"))
    return values


def _holiday(values: Values, draw: st.DrawFn) -> Values:
    return values | {"hours": "07:30-11:30,13:00-17:00" if values["kind"] == "worked" else None}


def _procedure(values: Values, draw: st.DrawFn) -> Values:
    return values if values["limit_unit"] else values | {"time_limit": None}


_NEEDED = {
    "dossiers": ("received_at", "ended_at", "returned_at"),
    "postal_events": ("dossier_as_typed",),
    "feedback": ("answered_at",),
}
_TIES: dict[str, Callable[[Values, st.DrawFn], Values]] = {
    "dossiers": _dossier,
    "postal_events": _work,
    "budget_lines": _budget_line,
    "databases": _in_order("_planned"),
    "database_reports": _in_order("_actual"),
    "feedback": _contact,
    "holidays": _holiday,
    "procedures": _procedure,
}


def breakings(contract: Contract) -> list[tuple[str, str]]:
    """What can be broken in a row of a contract: the column, and the rule that must find it."""
    return [(column.name, rule.name) for column in contract.columns for rule in column_rules(column)] + [
        (order.later, order.rule) for order in contract.orders
    ]


@st.composite
def broken_rows(draw: st.DrawFn, contract: Contract) -> tuple[Row, str]:
    """A good row with one thing broken, and the name of the rule that must find it."""
    values = draw(_valid_values(contract))
    name, rule = draw(st.sampled_from(breakings(contract)))
    column = contract.column(name)
    order = next((order for order in contract.orders if order.rule == rule), None)
    row = spelt(values)
    if order is not None:
        moments = values | {order.earlier: values[order.earlier] or _BASE}
        return row | spelt(
            {order.earlier: moments[order.earlier], order.later: moments[order.earlier] - timedelta(days=draw(st.integers(1, 400)))}
        ), rule
    return row | {name: draw(_broken_text(column, rule.removeprefix(f"{name}_")))}, rule


def _broken_text(column: Column, how: str) -> st.SearchStrategy[str | None]:
    match how:
        case "missing":
            return st.sampled_from([None, "", " "])
        case "unknown_code" | "unreadable":
            return st.sampled_from(["không rõ", "#N/A", "99x", "…"])
        case "out_of_range":
            return st.sampled_from(_beyond(column))
        case "in_future":
            return st.integers(1, 4_000).map(lambda days: str(DAY + timedelta(days=days)))
        case "format":
            return st.sampled_from(["?", "a b", "000.00.33.H47/220601/0001"])
        case "mojibake":
            return st.sampled_from(["XÃ£ HÃ²a KhÆ°Æ¡ng", "Sá»Ÿ Ná»™i vá»¥", "UBND x· Hßa Kh­¬ng", "S\ufffd N\ufffdi v\ufffd"])
    raise AssertionError(how)


def _beyond(column: Column) -> list[str]:
    below = [] if column.least is None else [column.least - (timedelta(days=1) if isinstance(column.least, date) else 1)]  # type: ignore[operator]
    above = [] if column.most is None else [column.most + (timedelta(days=1) if isinstance(column.most, date) else 1)]  # type: ignore[operator]
    return [str(bound) for bound in (*below, *above)]
