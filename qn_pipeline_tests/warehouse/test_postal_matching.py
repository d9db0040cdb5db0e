"""Which dossier a piece of the post's work is of, worked out by hand: near codes, ties, codes that evidence contradicts, and what is paid for it all."""

import os
import random
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from python_calamine import CalamineWorkbook

from qn_pipeline.errors import ConfigurationError
from qn_pipeline.indicators.acceptance import Acceptance, acceptances
from qn_pipeline.indicators.tables import reconciliation_table
from qn_pipeline.publishing.acceptance import LIST, MINUTES, REFUSED, write_minutes
from qn_pipeline.publishing.wording import NOT_A_CODE
from qn_pipeline.warehouse.exit_checks import count_violations
from qn_pipeline_tests.support import MAPPING, MOMENT, Pipeline, dossier, engine_environment, write_csv, write_project

DAY, JULY = date(2022, 8, 10), date(2022, 7, 1)
HALL, OTHER = "000.00.33.H47", "000.00.34.H47"
COLUMNS = ["code", "procedure", "unit", "channel", "status", "received", "due", "ended", "returned", "person", "updated"]
EVENT = ["id", "kind", "office", "unit", "code", "scanned", "began", "ended", "clerk", "pages", "files", "outcome"]


def code(number: int, day: str = "220704", unit: str = HALL) -> str:
    return f"{unit}-{day}-{number:04}"


def known(number: int, received: str, ended: str = "", returned: str = "", unit: str = HALL, channel: str = "direct") -> dict[str, object]:
    day = received[2:10].replace("-", "")
    status = 10 if returned else 9 if ended else 4
    other = {"ended": ended, "returned": returned, "unit": unit, "channel": channel, "due": "2022-09-20 17:00:00", "status": status}
    return {**dossier(number, received, **other), "code": code(number, day, unit)}


DOSSIERS = [
    known(11, "2022-07-04 08:00:00"),
    known(12, "2022-07-04 10:00:00", "2022-07-06 09:00:00"),
    known(17, "2022-07-04 14:00:00", "2022-07-07 09:00:00", "2022-07-08 10:00:00"),
    known(61, "2022-07-04 11:00:00"),
    known(62, "2022-07-04 16:00:00"),
    known(95, "2022-07-04 15:00:00"),
    known(50, "2022-07-04 09:00:00", unit=OTHER),
    known(43, "2022-07-05 09:00:00"),
    known(45, "2022-07-05 09:03:00"),
    known(71, "2022-07-06 09:00:00"),
    known(21, "2022-07-11 08:00:00", channel="post"),
    known(31, "2022-07-25 08:00:00"),
]
# Name of the piece: what was logged, and what it must come to: match, number of the dossier, edits, repeated.
CASES: dict[str, tuple[dict[str, object], tuple[str, int | None, int | None, bool]]] = {}


def case(
    name: str,
    kind: str,
    typed: str,
    began: str,
    ended: str,
    expected: tuple[str, int | None, int | None, bool] | tuple[str, int | None, int | None],
    **other: object,
) -> None:
    scanned, _, kind = kind.rpartition(" ")
    row = {"kind": kind, "scanned": scanned, "code": typed, "began": f"2022-07-{began}:00", "ended": f"2022-07-{ended}:00"}
    common = {"id": name, "office": "560000", "unit": HALL, "clerk": "049000000001", "pages": "", "files": "", "outcome": ""}
    CASES[name] = ({**common, **row, **other}, (*expected, False)[:4])  # type: ignore[assignment]  # four of them


case("plain", "receive", code(12), "04 09:55", "04 10:10", ("exact", 12, 0))
case("one digit wrong", "receive", code(18), "04 13:55", "04 14:05", ("approximate", 17, 1))
case("two digits wrong", "return", code(26), "08 09:58", "08 10:02", ("approximate", 17, 2))
case("look-alikes", "result digitize", "000.00.33.H47-2207O4-OOI2", "06 09:10", "06 09:12", ("approximate", 12, 0), pages=2, files=1)
case("swapped without a desk", "components digitize", code(21), "04 10:40", "04 10:45", ("approximate", 12, 1), unit="", pages=9, files=3)
case("a tie", "receive", code(44, "220705"), "05 08:55", "05 09:10", ("ambiguous", None, None))
case("other desk and days off", "receive", code(50, unit=OTHER), "07 09:00", "07 09:10", ("contradicted", None, None))
case("before it was there", "return", code(11), "01 09:00", "01 09:10", ("contradicted", None, None))
case("logged", "receive", code(11), "04 07:57", "04 08:10", ("exact", 11, 0, False))
case("logged once more", "receive", code(11), "04 07:58", "04 08:10", ("exact", 11, 0, True))
case("the real one", "receive", code(95), "04 14:55", "04 15:05", ("exact", 95, 0))
case("received again hours later", "receive", code(95), "04 16:50", "04 16:55", ("contradicted", None, None))
case("of the other's code", "receive", code(62), "04 15:55", "04 16:05", ("exact", 62, 0))
case("the other's code", "receive", code(62), "04 10:55", "04 11:05", ("approximate", 61, 1))
case("61 was scanned", "components digitize", code(61), "04 11:20", "04 11:25", ("exact", 61, 0), pages=4, files=0)
case("17 was scanned", "components digitize", code(17), "04 14:20", "04 14:22", ("exact", 17, 0))
case("two claim one", "receive", code(72, "220706"), "06 08:58", "06 09:10", ("ambiguous", None, None))
case("and the other", "receive", code(73, "220706"), "06 08:58", "06 09:10", ("ambiguous", None, None))
case("failed", "receive", code(17), "04 13:50", "04 13:52", ("exact", 17, 0), outcome="failed")
case("nothing like it", "receive", code(9999), "04 09:00", "04 09:10", ("unmatched", None, None))
case("a name", "return", "Nguyễn Văn A", "12 09:00", "12 09:10", ("unmatched", None, None))
case("nothing", "return", "", "12 09:00", "12 09:10", ("missing", None, None))
case("only asked", "guide", "", "12 09:00", "12 09:10", ("missing", None, None))
case("after the contract", "receive", code(31, "220725"), "25 07:55", "25 08:05", ("exact", 31, 0))
case("dossier's desk", "receive", code(50, unit=OTHER), "04 08:55", "04 09:05", ("exact", 50, 0), unit="")

CONTRACTS = [
    {
        "name": "HĐ bưu điện 2022",
        "number": "15/HĐ-BĐT",
        "desks": [HALL],
        "valid_from": "2022-01-01",
        "valid_to": "2022-07-20",
        "basis": "Quyết định số 2114/QĐ-UBND ngày 12/8/2022",
        "prices": [
            {"per": "post_month", "amount": 5_000_001, "posts": 2},
            {"per": "dossier", "kind": "receive", "amount": 3_000, "valid_to": "2022-07-04"},
            {"per": "dossier", "kind": "receive", "amount": 4_000, "valid_from": "2022-07-05"},
            {"per": "page", "kind": "digitize", "amount": 500},
            {"per": "file", "kind": "digitize", "scanned": "result", "amount": 1_000},
            {"per": "lump_sum", "amount": 1_234_567, "label": "Đào tạo ban đầu"},
        ],
    }
]


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def pipeline(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    returned = {"returned_at": {"from": "returned", "format": MOMENT}}
    folder = write_project(
        tmp_path_factory.mktemp(f"matching_{request.param}"),
        {
            "onegate": {"files": "data/ho_so_{day}.csv"},
            "post": {"entity": "postal_events", "system": "post", "files": "data/post_{day}.csv", "mapping": "post.yaml"},
        },
        {
            "mapping.yaml": {"columns": MAPPING["columns"] | returned},
            "post.yaml": {
                "columns": {
                    **{name: name for name in ("kind", "office", "unit", "scanned", "pages", "files", "outcome")},
                    "code": "id",
                    "dossier_as_typed": "code",
                    "began_at": {"from": "began", "format": MOMENT},
                    "ended_at": {"from": "ended", "format": MOMENT},
                    "clerk_id": "clerk",
                }
            },
        },
        post={"contracts": CONTRACTS},
    )
    write_csv(folder / f"data/ho_so_{DAY}.csv", [{**row, "returned": row.get("returned", "")} for row in DOSSIERS], COLUMNS)
    write_csv(folder / f"data/post_{DAY}.csv", [row for row, _ in CASES.values()], EVENT)
    with engine_environment(request.param, request):
        made = Pipeline(folder, os.environ.get("QN_WAREHOUSE_URL"))
        made.run(DAY, select="*", command="run")
        assert {rule: count for rule, count in count_violations(made.warehouse).items() if count} == {}
        made.warehouse.publish()
        yield made


@pytest.fixture(autouse=True)
def url(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    if pipeline.url:
        monkeypatch.setenv("QN_WAREHOUSE_URL", pipeline.url)


@pytest.fixture
def july(pipeline: Pipeline) -> Acceptance:
    [found] = acceptances(pipeline.warehouse, JULY)
    return found


def test_each_piece_finds_its_dossier_or_none(pipeline: Pipeline) -> None:
    rows = pipeline.query("select code, match, dossier_code, edits, is_repeated from core.fct_postal_event")
    told = {name: (match, found and int(found[-4:]), edits, repeated) for name, match, found, edits, repeated in rows}
    assert told == {name: expected for name, (_, expected) in CASES.items()}


def test_candidates_say_why(pipeline: Pipeline) -> None:
    def of(name: str) -> list[Any]:
        columns = "dossier_code, points, why"
        return pipeline.warehouse.read(f"select {columns} from marts.postal_candidate where code = ? order by place", [name])[1]

    # 100 - 35 for an edit - 12 for dossiers that the post did nothing else for.
    why = "Mã khác 1 ký tự; đúng bộ phận; khớp thời điểm"
    assert of("a tie") == [("000.00.33.H47-220705-0043", 53, why), ("000.00.33.H47-220705-0045", 53, why)]
    # 22 for another desk, 50 for another day, 30 for the reception that was logged there.
    # 100 - 28 for another hour - 30 for its own reception.
    best, typed, *_ = of("the other's code")
    assert best == ("000.00.33.H47-220704-0061", 65, why)
    assert typed == ("000.00.33.H47-220704-0062", 42, "Đúng mã đã ghi; đúng bộ phận; cùng ngày; đã có lượt việc khác")
    assert of("other desk and days off") == [("000.00.34.H47-220704-0050", -2, "Đúng mã đã ghi; khác bộ phận; không khớp ngày; đã có lượt việc khác")]
    assert of("before it was there") == [("000.00.33.H47-220704-0011", 40, "Đúng mã đã ghi; đúng bộ phận; hồ sơ chưa có vào lúc đó")]
    assert of("plain") == []


def test_approximate_matches_count_for_their_dossiers(pipeline: Pipeline) -> None:
    rows = pipeline.query("select code, is_received, has_components, has_result, is_returned from core.postal_dossier")
    done = {int(found[-4:]): flags for found, *flags in rows}
    assert done[17] == [True, True, False, True]
    assert done[12] == [True, True, True, False]
    assert set(done) == {11, 12, 17, 31, 50, 61, 62, 95}


def test_reconciliation(pipeline: Pipeline) -> None:
    columns, rows = reconciliation_table(pipeline.warehouse, JULY, HALL)
    told = {(row[0], row[1]): dict(zip(columns[2:], row[2:], strict=True)) for row in rows}
    receive = told["receive", "560000"]
    counts = {"pieces": 15, "exact": 7, "approximate": 2, "ambiguous": 3, "contradicted": 2, "unmatched": 1, "without_code": 0}
    assert receive == counts | {
        "claimed_twice": 1,
        "failed": 1,
        "pages_without_files": 0,
        "files_without_pages": 0,
        "lag_other_day": 0,
        "post_without_work": 0,
    }
    assert told["receive", ""]["post_without_work"] == 1
    assert told["digitize", "560000"]["pages_without_files"] == 1
    assert pipeline.warehouse.read("select dossier_code from marts.postal_missing")[1] == [("000.00.33.H47-220711-0021",)]
    lag = pipeline.warehouse.read(
        f"select sum(lag_pieces), sum(lag_minutes) from marts.postal_reconciliation where kind = 'receive' and unit = '{HALL}'"
    )
    # 5 (plain), 5 (17), 3 and 2 (11), 5 (95), 5 (62), 5 (61), 10 (failed), 5 (31).
    assert [int(value) for value in lag[1][0]] == [9, 45]


def test_what_is_accepted_is_paid(july: Acceptance) -> None:
    lines = {line.line: (line.quantity, line.days, line.month_days, line.amount) for line in july.lines}
    # Received on the 4th: 12, 17, 11 (once), 95, 62, 61; nothing from the 5th on. Pages: 2 + 9 + 4; the second piece without a desk has that of its dossier.
    assert lines == {
        1: (2, 20, 31, 6_451_614),  # 2 x 5.000.001 x 20 / 31 = 6.451.614,19
        2: (6, None, None, 18_000),
        4: (15, None, None, 7_500),
        5: (1, None, None, 1_000),
        6: (1, None, None, 1_234_567),
    }
    assert (july.contract, july.first_day, july.last_day) == ("HĐ bưu điện 2022", JULY, date(2022, 7, 20))
    assert july.amount == 7_712_681


def test_what_is_not_accepted_says_why(pipeline: Pipeline, july: Acceptance) -> None:
    reasons = {(piece.kind, piece.reason) for piece in july.refused}
    assert reasons == {
        ("receive", "ambiguous"),
        ("receive", "contradicted"),
        ("return", "contradicted"),
        ("receive", "claimed_twice"),
        ("receive", "failed"),
        ("receive", "unmatched"),
        ("return", "unmatched"),
        ("return", "missing"),
    }
    assert [piece.kind for piece in july.accepted if piece.match == "missing"] == ["guide"]
    rows = pipeline.warehouse.read("select desk, quantity, reason from marts.postal_acceptance where contract is null order by desk", [])[1]
    assert rows == [(HALL, 1, "no_contract"), (OTHER, 1, "no_contract")]
    told = pipeline.warehouse.read("select count(*) from marts.postal_acceptance_piece")[1]
    assert told == [(len(CASES),)]


def test_the_minutes_as_an_official_reads_them(july: Acceptance, tmp_path: Path) -> None:
    path = write_minutes(july, tmp_path)
    assert path.name == "nghiem_thu_2022-07_000.00.33.H47_hd-buu-dien-2022.xlsx"
    book = CalamineWorkbook.from_path(path)
    assert book.sheet_names == [MINUTES, LIST, REFUSED]
    minutes = [row for row in book.get_sheet_by_name(MINUTES).to_python() if any(cell != "" for cell in row)]
    texts = [str(cell) for row in minutes for cell in row if cell != ""]
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in texts
    assert "BIÊN BẢN NGHIỆM THU KHỐI LƯỢNG" in texts
    assert "Căn cứ Hợp đồng số 15/HĐ-BĐT (HĐ bưu điện 2022)." in texts
    assert "Số tiền bằng chữ: Bảy triệu bảy trăm mười hai nghìn sáu trăm tám mươi mốt đồng." in texts
    start = next(place for place, row in enumerate(minutes) if row[1] == "Nội dung")
    amounts = [row[5] for row in minutes[start + 1 : start + 7]]
    assert amounts == [6_451_614, 18_000, 7_500, 1_000, 1_234_567, sum(amounts[:5])]
    assert minutes[start + 1][1] == "Vị trí làm việc của nhân viên bưu điện (20/31 ngày)"
    assert [row[1] for row in minutes[start + 2 : start + 6]] == [
        "Tiếp nhận hồ sơ, tính theo hồ sơ",
        "Số hóa, tính theo trang",
        "Số hóa kết quả giải quyết, tính theo tệp",
        "Đào tạo ban đầu",
    ]
    listed = book.get_sheet_by_name(LIST).to_python()
    pieces, sums = listed[1:-1], listed[-1]
    assert len(pieces) == len(july.accepted) == 12
    assert sums[7:9] == [sum(row[7] or 0 for row in pieces), sum(row[8] or 0 for row in pieces)] == [15, 4]
    work = next(place for place, row in enumerate(minutes) if row[1] == "Loại việc")
    done = {row[1]: row[2:] for row in minutes[work + 1 : work + 6]}
    assert done["Tiếp nhận hồ sơ"] == [6, 6, 0, 0]
    assert done["Số hóa"] == [4, 3, 15, 4]
    assert done["Cộng"] == [len(pieces), "", 15, 4]
    assert isinstance(listed[1][1], datetime)
    assert {row[9] for row in pieces} == {
        "Đúng mã",
        "Không cần mã",
        "Gần đúng: khác 1 ký tự, khớp bộ phận và thời điểm",
        "Gần đúng: khác 2 ký tự, khớp bộ phận và thời điểm",
        "Gần đúng: ký tự dễ nhầm, khớp bộ phận và thời điểm",
    }
    refused = book.get_sheet_by_name(REFUSED).to_python()
    assert len(refused) - 1 == len(july.refused)
    typed = {str(row[5]) for row in refused[1:]}
    assert NOT_A_CODE in typed
    assert not any("Nguyễn" in text for text in typed)
    assert path.read_bytes() == write_minutes(july, tmp_path / "again").read_bytes()


def test_a_month_that_runs_or_has_no_contract_has_no_minutes(pipeline: Pipeline) -> None:
    with pytest.raises(ConfigurationError, match="has not ended"):
        acceptances(pipeline.warehouse, date(2022, 8, 1))
    with pytest.raises(ConfigurationError, match="No contract"):
        acceptances(pipeline.warehouse, JULY, OTHER)
    with pytest.raises(ConfigurationError, match="unit"):
        acceptances(pipeline.warehouse, JULY, "nowhere")


def test_both_engines_count_the_same_edits(pipeline: Pipeline) -> None:
    """PostgreSQL's functions, written by us, against DuckDB's own, on random texts of few letters, which hold all kinds of swaps."""
    if pipeline.warehouse.dialect == "duckdb":
        assert pipeline.query("select damerau_levenshtein('0012', '0021'), damerau_levenshtein('12', '231')") == [(1, 2)]
        return
    chance = random.Random(2114)
    pairs = [["".join(chance.choices("0127H", k=chance.randint(0, 9))) for _ in range(2)] for _ in range(400)]
    for one, other in pairs:
        [(expected, differing)] = duckdb.execute(
            "select damerau_levenshtein($1, $2), case when length($1) = length($2) and $1 <> '' then hamming($1, $2) end", [one, other]
        ).fetchall()
        told = pipeline.query(f"select core.edit_distance('{one}', '{other}'), core.differing_places('{one}', '{other}')")
        assert told[0][0] == expected, (one, other)
        assert differing is None or told[0][1] == differing, (one, other)
