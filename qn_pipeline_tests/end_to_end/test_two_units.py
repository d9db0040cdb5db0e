"""The example's figures equal a count in plain Python over its files."""

import csv
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from qn_pipeline.errors import ConfigurationError
from qn_pipeline.indicators.values import month_table
from qn_pipeline.warehouse.engines import Warehouse
from qn_pipeline_tests.support import Pipeline, engine_environment

EXAMPLE = Path(__file__).parents[2] / "examples" / "two_units"
DAYS = [date(2022, 6, 30), date(2022, 7, 31), date(2022, 8, 31)]
CODE = re.compile(r"000\.00\.\d\d\.H47-\d{6}-\d{4}")
CHANNELS = {"Trực tiếp": "direct", "Trực tuyến": "online", "Bưu điện": "post", "": "direct", "1": "direct", "2": "online", "3": "post"}
PROVINCE, LAND, HOI_AN = "000.00.00.H47", "000.00.17.H47", "000.00.62.H47"


def moment(text: str) -> datetime | None:
    for pattern in ("%d/%m/%Y %H:%M:%S", "%Y%m%d%H%M%S"):
        try:
            return datetime.strptime(text, pattern)  # noqa: DTZ007 -- local and naive
        except ValueError:
            pass
    return None


def told() -> Iterator[tuple[str, str, str, int, datetime | None, datetime | None, datetime | None, datetime | None]]:
    """Code, unit, channel, status, received, due, ended and updated of every row that can be parsed."""
    for file in sorted((EXAMPLE / "data" / "so_tnmt").glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                dates = [moment(row[name]) for name in ("Ngày tiếp nhận", "Ngày hẹn trả", "Ngày kết thúc", "Cập nhật")]
                yield row["Mã hồ sơ"], LAND, CHANNELS.get(row["Kênh"], ""), int(row["Trạng thái"]), dates[0], dates[1], dates[2], dates[3]
    for file in sorted((EXAMPLE / "data" / "hoi_an").glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                continue
            dates = [moment(row[name]) for name in ("NgayTiepNhan", "NgayHenTra", "NgayKetThucXuLy", "CapNhat")]
            yield row["MaHoSo"], HOI_AN, CHANNELS.get(row["KenhThucHien"], ""), int(row["TrangThaiHoSo"]), dates[0], dates[1], dates[2], dates[3]


COUNTED = ("received", "settled", "settled_early", "settled_on_time", "settled_late", "withdrawn", "stopped", "open")


def expected() -> Counter[tuple[str, str, str, str]]:
    """Counts by name, month, unit and channel ('all' alone of the withdrawn and stopped); what is zero is left out."""
    newest = {}
    for code, unit, channel, status, received, due, ended, updated in told():
        good = CODE.fullmatch(code) and channel and received and not (due and due < received) and not (ended and ended < received)
        if good and not (status in (7, 8, 9, 10) and ended is None) and (code not in newest or updated >= newest[code][-1]):  # type: ignore[operator]
            newest[code] = (unit, channel, status, received, due, ended, updated)
    counts: Counter[tuple[str, str, str, str]] = Counter()
    for unit, channel, status, received, due, ended, _ in newest.values():
        for where in (unit, PROVINCE):
            for how in (channel, "all"):
                counts["received", f"{received:%Y-%m}", where, how] += 1
                for month in ("2022-06", "2022-07", "2022-08"):
                    counts["open", month, where, how] += f"{received:%Y-%m}" <= month and not (ended and f"{ended:%Y-%m}" <= month)
                if status in (9, 10) and ended and due:
                    counts["settled", f"{ended:%Y-%m}", where, how] += 1
                    verdict = "late" if ended > due else "early" if ended.date() < due.date() else "on_time"
                    counts[f"settled_{verdict}", f"{ended:%Y-%m}", where, how] += 1
                elif status in (7, 8) and ended and how == "all":
                    counts["withdrawn" if status == 7 else "stopped", f"{ended:%Y-%m}", where, how] += 1
    return counts


@pytest.fixture(scope="module")
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    folder = tmp_path_factory.mktemp("demo") / "project"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".qn"))
    with engine_environment("duckdb", request):
        pipeline = Pipeline(folder)
        pipeline.run(*DAYS, select="*")
        pipeline.warehouse.publish()
        yield pipeline.warehouse


def test_every_month_unit_and_channel_equals_the_plain_count(demo: Warehouse) -> None:
    _, rows = demo.read(
        "select indicator, period_start, unit, channel, numerator from marts.indicator_values where period_set = 'calendar' and grain = 'month' and denominator is null"
    )
    got: Counter[tuple[str, str, str, str]] = Counter()
    for indicator, month, unit, channel, count in rows:
        name = indicator.removeprefix("dossiers_")
        name = "open" if name in ("running", "paused") else name
        if name in COUNTED:
            got[name, f"{month:%Y-%m}", unit, channel] += count
    assert +got == +expected()


def test_a_month_is_read_in_the_set_that_is_asked_for(demo: Warehouse) -> None:
    def received(month: date, period_set: str) -> int:
        columns, rows = month_table(demo, month, unit="000.00.00.H47", indicator="dossiers_received", period_set=period_set)
        [count] = [row[columns.index("numerator")] for row in rows if row[columns.index("channel")] == "all"]
        return int(count)

    months = [date(2022, month, 1) for month in (6, 7, 8)]
    assert received(months[2], "year_to_date") == sum(received(month, "calendar") for month in months) > 0
    _, days = demo.read(
        "select period_start, numerator from marts.indicator_values"
        " where indicator = 'dossiers_received' and grain = 'day' and unit = '000.00.00.H47' and channel = 'all'"
    )
    assert received(months[1], "administrative") == sum(count for day, count in days if date(2022, 6, 15) <= day <= date(2022, 7, 14)) > 0
    with pytest.raises(ConfigurationError, match="There is no period set 'lunar'"):
        month_table(demo, months[0], period_set="lunar")


def test_the_rows_that_the_offices_got_wrong_are_in_quarantine(demo: Warehouse) -> None:
    _, rows = demo.read("select rule, count(*) from marts.quarantine_row where severity = 'quarantine' group by rule order by rule")
    assert dict(rows) == dict.fromkeys(
        [
            "channel_unknown_code",
            "code_format",
            "due_before_received",
            "ended_at_needed",
            "ended_before_received",
            "received_at_unreadable",
            "row_unreadable",
            "submitted_at_unreadable",
        ],
        1,
    )
