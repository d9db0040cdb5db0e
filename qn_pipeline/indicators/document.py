"""docs/indicators.md: the catalogue, groups, layouts and period sets to read. `make generate` writes it, and a test finds when it has drifted."""

from pathlib import Path

from qn_pipeline.indicators.catalogue import Indicator, contents
from qn_pipeline.indicators.layouts import Layout, layouts
from qn_pipeline.indicators.period_sets import period_sets

FILE = Path(__file__).parents[2] / "docs" / "indicators.md"
HEAD = """<!-- Written by `make generate` from qn_pipeline/indicators/*.yaml: change it there. -->
# Indicators

Measures are explained in [figures.md](figures.md). **Certainty**: `source` is read in a source, `derived` follows from one, `memory` is unconfirmed,
`undetermined` is in no source and ours. A project changes values of the last two in `qn.yaml`, checked before anything is written:

```yaml
catalogue:
  index_3_1: {points: 5, threshold: 70}
  scoring: {min_denominator: 50}
  layouts: {tien_do: {stopped: ended}}
```

An indicator over measures that there are is an entry of `catalogue.yaml`, and nothing else.
"""


def render() -> str:
    """The page."""
    parts = [HEAD, _scoring(), _indicators(), *(_layout(layout) for layout in layouts()), _periods()]
    return "\n".join(part.rstrip() + "\n" for part in parts)


def write() -> None:
    FILE.write_text(render(), encoding="utf-8")


def _table(headings: list[str], rows: list[list[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _scoring() -> str:
    scoring = contents().scoring
    groups = [[group.name_vi, group.name_en, f"{group.max_points}", group.group_of_2022] for group in scoring.groups]
    bands = ", ".join(f"{band.name_vi} from {band.least}" for band in scoring.bands)
    return (
        f"## Points\n\n{scoring.framework}, since {scoring.since:%Y-%m-%d}; periods that begin before are scored for reference. {scoring.note}\n\n"
        f"{_table(['Nhóm', 'group', 'points', 'group of 2022'], groups)}\n\n"
        f"Rating, by the share of the points that could be scored: {bands}. Units with fewer than {scoring.min_denominator} dossiers in 2.1 are shown, "
        "not ranked. Linear: share x points / 100. Threshold T: all points from T per cent on, share x points / T below."
    )


def _indicators() -> str:
    rows = [
        [
            f"`{indicator.indicator}`",
            indicator.official_code or "",
            f"{indicator.name_vi}. {indicator.name_en}",
            _formula(indicator),
            "desk" if indicator.counted_by == "receiving" else "unit",
            _points(indicator),
            indicator.certainty,
            _remarks(indicator),
        ]
        for indicator in contents().indicators
    ]
    return "## The catalogue\n\n" + _table(["indicator", "766", "name", "formula", "counted by", "points", "certainty", "remarks"], rows)


def _formula(indicator: Indicator) -> str:
    if indicator.numerator is None:
        return "–"
    return f"{indicator.numerator}" + (f" **over** {indicator.denominator}" if indicator.denominator else "")


def _points(indicator: Indicator) -> str:
    if indicator.points is None:
        return ""
    how = {"linear": "linear", "threshold": f"T = {indicator.threshold}", None: "not scored"}[indicator.scoring]
    return f"{indicator.points}, {how}"


def _remarks(indicator: Indicator) -> str:
    parts = [indicator.note or "", f"**Missing:** {indicator.missing_en}." if indicator.missing_en else ""]
    parts += [f"Needs {', '.join(indicator.needs)}." if indicator.needs else ""]
    return " ".join(part for part in parts if part)


def _layout(layout: Layout) -> str:
    rows = [[f"`{column.column}`", column.label_vi, column.sum_for(layout.stopped) or "no source yet"] for column in layout.columns]
    identities = [f"- {identity.total} = {' + '.join(identity.parts)}" for identity in layout.identities]
    stopped = f" Stopped dossiers (8) are among what is {layout.stopped}." if layout.stopped else ""
    return "\n".join(
        [
            f"## {layout.name_vi}\n",
            f"`{layout.layout}`: {layout.name_en}. {layout.basis} Counted by {'desk' if layout.counted_by == 'receiving' else 'unit'}.{stopped}\n",
            _table(["column", "nhãn", "measures"], rows),
            *(["", "Asserted for every unit and period:", "", *identities] if identities else []),
        ]
    )


def _periods() -> str:
    rows = [
        [f"`{cut.period_set}`", f"{cut.name_vi}. {cut.name_en}", ", ".join(grain.grain for grain in cut.grains), cut.basis, cut.certainty]
        for cut in period_sets()
    ]
    return (
        "## Period sets\n\n"
        + _table(["set", "name", "grains", "basis", "certainty"], rows)
        + "\n\nThe same period of last year (cùng kỳ năm trước) stands beside each figure in `marts.indicator_comparison`, in the same set, its bounds named."
    )


if __name__ == "__main__":
    write()
