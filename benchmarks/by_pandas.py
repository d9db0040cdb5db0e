"""What a user would write instead: the same files to the same values with pandas, in memory, everything each time.

    python -m benchmarks.by_pandas PROJECT WORK

Seals identifiers, drops names, checks the rules that keep a row out, keeps each dossier's newest version, judges it against its due date, and counts
days, months, quarters and years of all units and those above them. Leaves WORK/fct_dossier.parquet and WORK/indicator_values.parquet.
It keeps no history, tells nobody which rows were left out, and starts anew each night.
"""

import argparse
import hashlib
import hmac
import os
import resource
import time
from pathlib import Path
from typing import cast

import pandas as pd

from benchmarks.floor_common import PROVINCE
from benchmarks.floor_dossiers import BOOLEANS, CODE, CODES, COLUMNS, TIMES

FORMAT = "%d/%m/%Y %H:%M:%S"
SYSTEM = "one_stop_shop"
STATES = {1: "new", 3: "refused", 5: "paused", 6: "paused", 7: "withdrawn", 8: "stopped", 9: "settled", 10: "settled"}
ENDS = ["settled", "withdrawn", "stopped"]
FLOWS = ("received", "settled", "settled_early", "settled_on_time", "settled_late", "settled_without_due")
# Indicator: numerator and denominator.
INDICATORS = {
    "dossiers_received": ("received", None),
    "dossiers_settled": ("settled", None),
    "dossiers_settled_early": ("settled_early", None),
    "dossiers_settled_on_time": ("settled_on_time", None),
    "dossiers_settled_late": ("settled_late", None),
    "dossiers_settled_without_due": ("settled_without_due", None),
    "on_time_share": ("settled_early + settled_on_time", "settled"),
}


def read(project: Path) -> pd.DataFrame:
    """All files, names dropped at once, each row with the day of its file and its place among all."""
    names = {source: name for name, source in COLUMNS.items()}
    frames = []
    for file in sorted((project / "data" / "dossiers").glob("ho_so_*.csv")):
        frame = pd.read_csv(file, dtype="string", usecols=list(names), engine="pyarrow").rename(columns=names)
        frame["day"] = pd.Timestamp(file.stem[6:])
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def seal(values: pd.Series) -> pd.Series:
    """HMAC-SHA256 of each different identifier."""
    key = os.environ["QN_SEAL_KEY"].encode()
    plain = values.str.replace(r"[\s.\-]", "", regex=True).str.upper()
    sealed = {text: hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32] for text in plain.dropna().unique()}
    return plain.map(sealed)


def typed(raw: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Typed rows, and which of them may be counted."""
    rows, good = pd.DataFrame(index=raw.index), pd.Series(True, index=raw.index)
    rows["day"] = raw["day"]
    for name in COLUMNS:
        text = raw[name].str.normalize("NFC").str.strip()
        if name == "applicant_id":
            rows[name] = seal(raw[name])
            continue
        if name in TIMES:
            rows[name] = pd.to_datetime(text, format=FORMAT, errors="coerce")
        elif name in BOOLEANS:
            rows[name] = text.map({"1": True, "0": False, "true": True, "false": False})
        elif name in ("status", "fee"):
            rows[name] = pd.to_numeric(text.where(text.str.fullmatch(r"[+-]?[0-9]{1,18}")), errors="coerce").astype("Int64")
        elif name in CODES:
            rows[name] = text.fillna("Không").map(CODES[name]) if name == "online_level" else text.map(CODES[name])
        else:
            rows[name] = text
        if name not in ("code", "procedure", "receiving_unit", "resolving_unit"):
            good &= text.isna() | rows[name].notna()
        if name in ("code", "procedure", "resolving_unit", "channel", "status"):
            good &= text.notna()
    tomorrow = rows["day"] + pd.Timedelta(days=1)
    good &= rows["code"].str.fullmatch(CODE) & rows["status"].between(1, 10)
    good &= rows["received_at"].notna() | rows["status"].isin([1, 3])
    good &= rows["ended_at"].notna() | ~rows["status"].isin([7, 8, 9, 10])
    good &= ~(rows["ended_at"] < rows["received_at"]) & ~(rows["due_at"] < rows["received_at"]) & ~(rows["fee"] < 0).fillna(value=False)
    for name in ("received_at", "ended_at", "returned_at"):
        good &= ~(rows[name] >= tomorrow)
    good &= ~(rows["updated_at"] >= tomorrow + pd.Timedelta(days=1))
    return rows, good


def newest(rows: pd.DataFrame) -> pd.DataFrame:
    """Each dossier's newest version, with its state and verdict."""
    rows = rows.sort_values(["code", "updated_at"], kind="stable", na_position="first").drop_duplicates("code", keep="last")
    rows["state"] = rows["status"].map(STATES).fillna("running")
    settled = rows["state"] == "settled"
    rows["verdict"] = "on_time"
    rows.loc[rows["ended_at"].dt.normalize() < rows["due_at"].dt.normalize(), "verdict"] = "early"
    rows.loc[rows["ended_at"] > rows["due_at"], "verdict"] = "late"
    rows.loc[rows["due_at"].isna(), "verdict"] = "without_due"
    rows.loc[~settled, "verdict"] = None
    return rows


def ancestors(project: Path, units: pd.Series) -> pd.DataFrame:
    """Each unit with itself and those above it."""
    told = pd.read_csv(project / "data" / "reference" / "don_vi.csv", dtype="string")
    parents = dict(zip(told["Mã đơn vị"], told["Mã cấp trên"].fillna(PROVINCE), strict=True))
    pairs = []
    for unit in {*parents, *units.unique()}:
        above = unit
        while above is not None:
            pairs.append((unit, above))
            above = None if above == PROVINCE else parents.get(above, PROVINCE)
    return pd.DataFrame(pairs, columns=["unit", "ancestor"])


def values(dossiers: pd.DataFrame, above: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Figures by day, month, quarter and year in which something happened, all units and channels."""
    counted = dossiers[(dossiers["state"] != "new") & (dossiers["received_at"] < as_of)]
    received = counted.assign(day=counted["received_at"].dt.normalize(), received=1)
    ended = counted[(counted["state"] == "settled") & (counted["ended_at"] < as_of)]
    settled = ended.assign(day=ended["ended_at"].dt.normalize(), settled=1)
    for verdict in ("early", "on_time", "late", "without_due"):
        settled[f"settled_{verdict}"] = (settled["verdict"] == verdict).astype(int)
    keys = ["day", "resolving_unit", "channel"]
    cells = pd.concat([received.groupby(keys)[["received"]].sum(), settled.groupby(keys)[list(FLOWS[1:])].sum()], axis=1).fillna(0).astype(int)
    cells = cells.reset_index().merge(above, left_on="resolving_unit", right_on="unit")
    parts = []
    for grain, period in (("day", "D"), ("month", "M"), ("quarter", "Q"), ("year", "Y")):
        cells["period_start"] = cells["day"].dt.to_period(period).dt.start_time
        for channel in ("channel", None):
            by = ["ancestor", "period_start", *([channel] if channel else [])]
            part = cells.groupby(by)[list(FLOWS)].sum().reset_index()
            parts.append(part.assign(grain=grain, channel=part["channel"] if channel else "all"))
    periods = pd.concat(parts, ignore_index=True)
    figures = []
    for indicator, (top, bottom) in INDICATORS.items():
        figure = periods[["grain", "period_start", "ancestor", "channel"]].rename(columns={"ancestor": "unit"})
        figures.append(
            figure.assign(indicator=indicator, numerator=cast("pd.Series", periods.eval(top)), denominator=periods[bottom] if bottom else None)
        )
    return pd.concat(figures, ignore_index=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("project", type=Path)
    parser.add_argument("work", type=Path)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    raw = read(arguments.project)
    as_of = raw["day"].max() + pd.Timedelta(days=1)
    rows, good = typed(raw)
    del raw
    dossiers = newest(rows[good])
    dossiers.to_parquet(arguments.work / "fct_dossier.parquet")
    values(dossiers, ancestors(arguments.project, dossiers["resolving_unit"]), as_of).to_parquet(arguments.work / "indicator_values.parquet")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"total {time.perf_counter() - began:.2f} s wall {time.process_time():.2f} s CPU, {peak} MB at most")


if __name__ == "__main__":
    main()
