"""The real log: every figure equals a computation written with pandas, which shares nothing with the pipeline."""

import shutil
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from qn_pipeline.warehouse.engines import Warehouse
from qn_pipeline_tests.support import Pipeline, engine_environment

EXAMPLE = Path(__file__).parents[2] / "examples" / "wabo_receipt"
LOG = Path(__file__).parents[3] / "shared" / "data" / "wabo_receipt" / "receipt.csv"
DAY = date(2012, 2, 1)
CHANNELS = {"Internet": "online", "Desk": "direct", "Post": "post", "e-mail": "email", "Intern": "internal"}

pytestmark = pytest.mark.skipif(not LOG.exists(), reason=f"the WABO log is not at {LOG}")

Key = tuple[str, str, str, str, str]


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def wabo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    folder = tmp_path_factory.mktemp(f"wabo_{request.param}") / "project"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".qn"))
    settings = yaml.safe_load((folder / "qn.yaml").read_text())
    (folder / "log").symlink_to(LOG.parent)
    settings["sources"]["receipt"]["files"] = "log/receipt.csv"
    (folder / "qn.yaml").write_text(yaml.safe_dump(settings))
    with engine_environment(request.param, request):
        pipeline = Pipeline(folder)
        pipeline.run(DAY, select="*")
        pipeline.warehouse.publish()
        yield pipeline.warehouse


@pytest.fixture(scope="module")
def cases() -> pd.DataFrame:
    """The newest row of each case, its dates local and naive; cases that end before they start are left out."""
    log = pd.read_csv(LOG, dtype=str)
    log["at"] = pd.to_datetime(log["time:timestamp"], format="ISO8601", utc=True)
    newest = log.sort_values("at", kind="stable").groupby("case:concept:name").tail(1)
    cases = pd.DataFrame({"unit": newest["case:department"], "channel": newest["case:channel"].map(CHANNELS)})
    for name, column in {"start": "case:startdate", "due": "case:enddate_planned", "end": "case:enddate"}.items():
        moments = pd.to_datetime(newest[column], format="ISO8601", utc=True)
        cases[name] = moments.dt.tz_convert("Europe/Amsterdam").dt.tz_localize(None)
    return cases[~(cases["end"] < cases["start"])]


COUNTED = ("dossiers_received", "dossiers_settled", "dossiers_settled_early", "dossiers_settled_on_time", "dossiers_settled_late")
COUNTED += ("dossiers_settled_without_due", "dossiers_running", "dossiers_running_past", "dossiers_paused", "on_time_share")


def expected(cases: pd.DataFrame, freq: str, grain: str) -> dict[Key, tuple[int, int | None]]:
    """Numerator and denominator of each indicator, period, unit and channel that has any event."""
    result: dict[Key, tuple[int, int | None]] = {}
    readings = [cases, cases.assign(channel="all"), cases.assign(unit="WABO"), cases.assign(unit="WABO", channel="all")]
    for (unit, channel), group in pd.concat(readings).groupby(["unit", "channel"]):
        ended = group[group["end"].notna()]
        first = group["start"].min().to_period(freq)
        for period in pd.period_range(first, pd.Timestamp(DAY).to_period(freq), freq=freq):
            received = int((group["start"].dt.to_period(freq) == period).sum())
            within = ended[ended["end"].dt.to_period(freq) == period]
            late = int((within["end"] > within["due"]).sum())
            early = int((within["end"].dt.floor("D") < within["due"].dt.floor("D")).sum())
            after = period.end_time
            running = int((group["start"] <= after).sum() - (ended["end"] <= after).sum())
            still = group[(group["start"] <= after) & ~(group["end"] <= after)]
            # Within its limit at the period's last second; the log ends with the day that it is read on.
            last = min(after.floor("s"), pd.Timestamp(DAY) + pd.Timedelta(hours=24) - pd.Timedelta(seconds=1))
            past = int((still["due"] < last).sum())
            # A limit that is spent is an event, too.
            breached = group["due"] + pd.Timedelta(seconds=1)
            turned = breached[(breached.dt.to_period(freq) == period) & ~(group["end"] <= breached) & (breached > group["start"])]
            if grain == "day" and not received and not len(within) and not len(turned):
                continue
            key = (grain, str(period.start_time.date()), str(unit), str(channel))
            result |= {
                (*key, "dossiers_received"): (received, None),
                (*key, "dossiers_settled"): (len(within), None),
                (*key, "dossiers_settled_early"): (early, None),
                (*key, "dossiers_settled_on_time"): (len(within) - early - late, None),
                (*key, "dossiers_settled_late"): (late, None),
                (*key, "dossiers_settled_without_due"): (0, None),
                (*key, "dossiers_running"): (running, None),
                (*key, "dossiers_running_past"): (past, None),
                (*key, "dossiers_paused"): (0, None),
                (*key, "on_time_share"): (len(within) - late, len(within)),
            }
    return result


@pytest.mark.parametrize(("freq", "grain"), [("D", "day"), ("M", "month"), ("Q", "quarter"), ("Y", "year")])
def test_every_figure_equals_pandas(wabo: Warehouse, cases: pd.DataFrame, freq: str, grain: str) -> None:
    _, rows = wabo.read(
        "select grain, period_start, unit, channel, indicator, numerator, denominator, value from marts.indicator_values where period_set = 'calendar' and grain = ?",
        [grain],
    )
    got = {(row[0], str(row[1]), row[2], row[3], row[4]): (row[5], row[6]) for row in rows}
    true = expected(cases, freq, grain)
    assert {key: told for key, told in got.items() if key[-1] in COUNTED} == true
    assert len(got) == len(rows)
    for *_, numerator, denominator, value in rows:
        assert value == _value(numerator, denominator)


def _value(numerator: int, denominator: int | None) -> Any:
    if denominator is None:
        return numerator
    return (Decimal(100 * numerator) / denominator).quantize(Decimal("0.01"), ROUND_HALF_UP) if denominator else None


def test_unusable_rows_are_in_quarantine_with_a_reason(wabo: Warehouse) -> None:
    _, rows = wabo.read("select row_key, rule, message, sum(tellings) from marts.quarantine_row group by row_key, rule, message order by row_key")
    log = pd.read_csv(LOG, dtype=str)
    wrong = log[pd.to_datetime(log["case:enddate"], format="ISO8601", utc=True) < pd.to_datetime(log["case:startdate"], format="ISO8601", utc=True)]
    message = "Kết thúc xử lý trước khi tiếp nhận."
    assert rows == [(code, "ended_before_received", message, count) for code, count in sorted(wrong["case:concept:name"].value_counts().items())]


def test_no_row_is_lost(wabo: Warehouse) -> None:
    _, rows = wabo.read("select arrived, valid, quarantined from marts.data_status where source = 'receipt'")
    log = pd.read_csv(LOG, dtype=str)
    assert rows[0][0] == len(log)
    assert rows[0][1] + rows[0][2] == len(log)
