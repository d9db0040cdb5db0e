"""The quarantine as a place where bad rows get better: what became of each is told from the deliveries, worked out by hand."""

import os
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
import yaml

from qn_pipeline.warehouse.engines import MARTS_NEXT
from qn_pipeline_tests.support import Pipeline, dossier, engine_environment, versioned, write_csv, write_project

D1, D2, D3, D4 = (date(2022, 6, day) for day in (27, 28, 29, 30))
HALL, OTHER = "000.00.33.H47", "000.00.34.H47"
WAIVERS = [
    {"name": "old-codes", "rule": "code_format", "source": "desk", "from": str(D1), "until": str(D2), "reason": "Hồ sơ cũ", "by": "Sở TT&TT"},
    {
        "name": "late-filing",
        "rule": "submitted_after_received",
        "unit": OTHER,
        "from": str(D1),
        "until": str(D4),
        "reason": "Đã rõ",
        "by": "Sở TT&TT",
    },
]
ADJUSTMENTS: dict[str, dict[str, Any]] = {
    "a_kenh.yaml": {
        "decided_by": "Nguyễn Văn A, Sở Nội vụ",
        "decided_on": D4,
        "reason": "Ghi nhầm kênh",
        "source": "desk",
        "rows": [{"code": dossier(3)["code"], "set": {"channel": "direct"}}, {"code": "khong-co", "set": {"channel": "direct"}}],
    },
    "b_han.yaml": {
        "decided_by": "Nguyễn Văn A, Sở Nội vụ",
        "decided_on": D1,
        "reason": "Ghi nhầm hạn",
        "source": "desk",
        "rows": [{"code": dossier(1)["code"], "set": {"due_at": "2022-06-25"}}, {"code": dossier(10)["code"], "set": {"due_at": "2022-06-25"}}],
    },
    "c_han.yaml": {
        "decided_by": "Trần Thị B, Sở Nội vụ",
        "decided_on": D2,
        "reason": "Sửa lại",
        "source": "desk",
        "rows": [{"code": dossier(10)["code"], "set": {"due_at": "2022-06-24 17:00:00"}}],
    },
}


def fax(number: int, **other: object) -> dict[str, object]:
    return dossier(number, **other) | {"channel": "fax"}  # type: ignore[arg-type]


def deliver(pipeline: Pipeline, day: date, source: str, rows: list[dict[str, object]], name: str | None = None, broken_line: bool = False) -> None:
    file = pipeline.folder / "data" / (name or f"{source}_{day}.csv")
    write_csv(file, rows)
    if broken_line:
        with file.open("a", encoding="utf-8") as stream:
            stream.write("too,few\n")
    assert pipeline.land(day) == {}


def deliveries(pipeline: Pipeline) -> None:
    """Four days of a desk that tells changes and corrects a file, of lists, of a month's window, and of a shop that numbers its versions."""
    first = [
        fax(1),
        fax(2),
        fax(3),
        fax(4),
        fax(5),
        fax(6),
        fax(7, unit=OTHER),
        dossier(8, code=wrong_day(8)),
        dossier(9, code=wrong_day(9)),
        dossier(10),
    ]
    old = [dossier(11, code="TNMT/11"), dossier(12, code="TNMT/12"), fax(13)]
    deliver(pipeline, D1, "desk", [*first, *old], broken_line=True)
    kept = [row for row in first if row["code"] not in (code(5), code(6))]
    deliver(pipeline, D1, "desk", [*kept, dossier(5), *old])
    deliver(
        pipeline,
        D2,
        "desk",
        [dossier(1), dossier(2), fax(3), dossier(4, due="x"), dossier(9, code=wrong_day(9), received="2022-06-02 08:00:00")],
        broken_line=True,
    )
    deliver(pipeline, D3, "desk", [fax(2), fax(3, unit=""), dossier(12, code="TNMT/12")])
    deliver(pipeline, D1, "list", [fax(20), fax(21), dossier(22)])
    deliver(pipeline, D2, "list", [fax(21), dossier(22)])
    deliver(pipeline, D3, "list", [dossier(22), fax(23)], broken_line=True)
    deliver(pipeline, D1, "month", [fax(30), fax(31)], "month_202206.csv")
    deliver(pipeline, D3, "month", [fax(31)], "month_202206.csv")
    deliver(pipeline, D1, "shop", [fax(40, updated="2022-06-20 08:00:00"), dossier(41, updated="2022-06-20 08:00:00")])
    deliver(pipeline, D2, "shop", [dossier(40, updated="2022-06-19 08:00:00"), fax(41, updated="2022-06-19 08:00:00")])


def later(pipeline: Pipeline) -> None:
    """What a connection says: the desk no longer has 13. And what is found in the warehouse, in rows without a unit: one of them waived."""
    with pipeline.warehouse.writing() as writing:
        writing.execute("delete from valid.quarantine where rule = 'procedure_unknown'")
        writing.execute(
            "insert into valid.quarantine (extraction_seq, row_no, row_key, rule, severity, column_name, message) "
            "select extraction_seq, row_no, code, 'procedure_unknown', 'warn', 'procedure', 'Không có thủ tục này.' from valid.dossiers "
            "where code in (?, ?)",
            [code(10), dossier(22)["code"]],
        )
        writing.execute(
            "insert into valid.waivers (waiver, position, rule, row_key, valid_from, valid_to) values ('found-later', 99, 'procedure_unknown', ?, ?, ?)",
            [code(10), D1, D1],
        )
        writing.execute(
            "insert into valid.vanished (extraction_seq, row_key) "
            "select max(extraction_seq), ? from valid.extractions where source = 'desk' and day = ? and file is not null",
            [code(13), D2],
        )


def wrong_day(number: int) -> str:
    """A code whose date is 2 June, of a dossier that was received on the 1st."""
    return f"000.00.33.H47-220602-{number:04}"


def code(number: int) -> str:
    return str(dossier(number)["code"])


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def pipeline(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    sources: dict[str, dict[str, Any]] = {
        "desk": {"files": "data/desk_{day}.csv", "max_quarantined": 1},
        "list": {"files": "data/list_{day}.csv", "delivers": "snapshot", "system": "list"},
        "month": {"files": "data/month_{month}.csv", "delivers": "window", "window": {"by": "received_at", "span": "month"}, "system": "month"},
        "shop": {"files": "data/shop_{day}.csv", "system": "shop", "mapping": "versioned.yaml"},
    }
    folder = write_project(tmp_path_factory.mktemp(f"quarantine_{request.param}"), sources, {"versioned.yaml": versioned()}, waivers=WAIVERS)
    with engine_environment(request.param, request):
        made = Pipeline(folder, os.environ.get("QN_WAREHOUSE_URL"))
        deliveries(made)
        made.check()
        made.load(D4)
        later(made)
        made.build("+quarantine_row +adjustment")
        yield made


@pytest.fixture
def cases(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str | None, str], tuple[Any, ...]]:
    """By source, key and rule: state, first day, day of the newest telling, what fixed it when, waiver, tellings and whether an older row stands."""
    if pipeline.url:
        monkeypatch.setenv("QN_WAREHOUSE_URL", pipeline.url)
    return read_cases(pipeline)


def read_cases(pipeline: Pipeline) -> dict[tuple[str, str | None, str], tuple[Any, ...]]:
    rows = pipeline.query(
        f"select source, row_key, rule, row_no, state, since, day, fixed_on, waiver, tellings, is_stale from {MARTS_NEXT}.quarantine_row"
    )
    found: dict[tuple[str, str | None, str], tuple[Any, ...]] = {}
    for source, key, rule, row_no, *told in rows:
        place = (source, key if key is not None else f"row {row_no}", rule)
        assert place not in found, f"{place} is listed twice"
        found[place] = tuple(told)
    return found


FAX = "channel_unknown_code"


def test_each_case_is_listed_once_with_what_became_of_it(cases: dict[tuple[str, str | None, str], tuple[Any, ...]]) -> None:
    assert cases == {
        # bad, then good
        ("desk", code(1), FAX): ("fixed", D1, D1, D2, None, 1, False),
        # bad, good, bad again: an older row stands
        ("desk", code(2), FAX): ("open", D3, D3, None, None, 2, True),
        # bad three times
        ("desk", code(3), FAX): ("open", D1, D3, None, None, 3, False),
        ("desk", code(3), "resolving_unit_missing"): ("open", D3, D3, None, None, 1, False),
        # bad in another way
        ("desk", code(4), FAX): ("fixed", D1, D1, D2, None, 1, False),
        ("desk", code(4), "due_at_unreadable"): ("open", D2, D2, None, None, 1, False),
        # the corrected file has it right, or no more, or as bad as before
        ("desk", code(5), FAX): ("fixed", D1, D1, D1, None, 1, False),
        ("desk", code(6), FAX): ("fixed", D1, D1, D1, None, 1, False),
        ("desk", code(7), FAX): ("open", D1, D1, None, None, 1, False),
        # warnings have states, too
        ("desk", wrong_day(8), "code_date_differs"): ("open", D1, D1, None, None, 1, False),
        ("desk", wrong_day(9), "code_date_differs"): ("fixed", D1, D1, D2, None, 1, False),
        # found in the warehouse, and held against the waivers there
        ("desk", code(10), "procedure_unknown"): ("waived", D1, D1, None, "found-later", 1, False),
        ("list", code(22), "procedure_unknown"): ("open", D1, D3, None, None, 3, False),
        # covered by a waiver; told again after its end
        ("desk", "TNMT/11", "code_format"): ("waived", D1, D1, None, "old-codes", 1, False),
        ("desk", "TNMT/12", "code_format"): ("open", D1, D3, None, None, 2, True),
        # the source says that it is no more
        ("desk", code(13), FAX): ("fixed", D1, D1, D2, None, 1, False),
        # a row without a key: gone from the corrected file, or not
        ("desk", "row 15", "row_unreadable"): ("fixed", D1, D1, D1, None, 1, False),
        ("desk", "row 7", "row_unreadable"): ("open", D2, D2, None, None, 1, False),
        # vanished from a complete snapshot; not from one with a row that may be any
        ("list", code(20), FAX): ("fixed", D1, D1, D2, None, 1, False),
        ("list", code(21), FAX): ("open", D1, D2, None, None, 2, False),
        ("list", code(23), FAX): ("open", D3, D3, None, None, 1, False),
        ("list", "row 4", "row_unreadable"): ("open", D3, D3, None, None, 1, False),
        # a month's file that came again without it
        ("month", code(30), FAX): ("fixed", D1, D1, D3, None, 1, False),
        ("month", code(31), FAX): ("open", D1, D3, None, None, 2, False),
        # the source's own version decides, not what came last
        ("shop", code(40), FAX): ("open", D1, D1, None, None, 1, True),
        ("shop", code(41), FAX): ("fixed", D2, D2, D2, None, 1, False),
    }


def test_a_case_says_where_it_is_and_whose(pipeline: Pipeline, cases: object) -> None:
    rows = pipeline.query(
        f"select entity, system, file, row_no, unit, severity, column_name, message from {MARTS_NEXT}.quarantine_row where row_key = '{code(7)}'"
    )
    assert rows == [
        (*("dossiers", "onegate", f"data/desk_{D1}.csv", 6, OTHER, "quarantine", "channel"), "Cột “Kênh tiếp nhận” có mã không nằm trong danh mục.")
    ]
    assert pipeline.query(f"select distinct unit from {MARTS_NEXT}.quarantine_row where row_key = '{code(3)}'") == [(None,)]
    assert pipeline.query(f"select unit from {MARTS_NEXT}.quarantine_row where rule = 'procedure_unknown'") == [(HALL,), (HALL,)]


def test_a_changed_decision_derives_the_states_anew(pipeline: Pipeline, cases: dict[tuple[str, str | None, str], tuple[Any, ...]]) -> None:
    """The waiver is gone, channels and dates were adjusted: nothing is left of what it was before."""
    settings = yaml.safe_load((pipeline.folder / "qn.yaml").read_text(encoding="utf-8"))
    (pipeline.folder / "adjustments").mkdir()
    for name, text in ADJUSTMENTS.items():
        (pipeline.folder / "adjustments" / name).write_text(yaml.safe_dump(text, allow_unicode=True), encoding="utf-8")
    (pipeline.folder / "qn.yaml").write_text(yaml.safe_dump({**settings, "waivers": WAIVERS[1:]}, allow_unicode=True), encoding="utf-8")
    pipeline.check()
    pipeline.load(D4)
    later(pipeline)  # what was loaded anew lost it
    pipeline.build("+quarantine_row +adjustment")
    after = read_cases(pipeline)
    changed = {place: (cases.get(place), after.get(place)) for place in cases.keys() | after.keys() if cases.get(place) != after.get(place)}
    assert changed == {
        ("desk", "TNMT/11", "code_format"): (("waived", D1, D1, None, "old-codes", 1, False), ("open", D1, D1, None, None, 1, False)),
        ("desk", "TNMT/12", "code_format"): (("open", D1, D3, None, None, 2, True), ("open", D1, D3, None, None, 2, False)),
        ("desk", code(3), FAX): (("open", D1, D3, None, None, 3, False), None),
        # Its rows of before are good now.
        ("desk", code(3), "resolving_unit_missing"): (("open", D3, D3, None, None, 1, False), ("open", D3, D3, None, None, 1, True)),
    }
    assert pipeline.query(
        f"select row_key, file, column_name, value, unit, decided_by, state from {MARTS_NEXT}.adjustment order by row_key, file"
    ) == sorted(
        [
            (code(1), "adjustments/b_han.yaml", "due_at", "2022-06-25 23:59:59", HALL, "Nguyễn Văn A, Sở Nội vụ", "overtaken"),
            (code(3), "adjustments/a_kenh.yaml", "channel", "direct", None, "Nguyễn Văn A, Sở Nội vụ", "applied"),
            (code(10), "adjustments/b_han.yaml", "due_at", "2022-06-25 23:59:59", HALL, "Nguyễn Văn A, Sở Nội vụ", "replaced"),
            (code(10), "adjustments/c_han.yaml", "due_at", "2022-06-24 17:00:00", HALL, "Trần Thị B, Sở Nội vụ", "applied"),
            ("khong-co", "adjustments/a_kenh.yaml", "channel", "direct", None, "Nguyễn Văn A, Sở Nội vụ", "without_effect"),
        ],
        key=lambda row: row[:2],
    )
    assert pipeline.query(f"select due_at from valid.dossiers where code = '{code(10)}'") == [(datetime(2022, 6, 24, 17),)] * 2  # noqa: DTZ001 -- local
