"""The pages: one HTML file a month, complete in itself, and an index that opens the newest one."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from qn_pipeline.contracts.codes import CHANNEL
from qn_pipeline.indicators import values
from qn_pipeline.indicators.catalogue import catalogue
from qn_pipeline.indicators.periods import month_before
from qn_pipeline.publishing import wording
from qn_pipeline.publishing.charts import received_and_settled
from qn_pipeline.sources.files import month_after
from qn_pipeline.warehouse.engines import Warehouse

COMMUNE = "commune"
PAGES = "pages"
COLUMNS = ["dossiers_carried_over", *values.HEADLINES, "dossiers_running_past", "dossiers_paused"]
CARDS = ["dossiers_received", "dossiers_settled", "dossiers_settled_late", "dossiers_running"]
CHART_MONTHS = 12

COMPLETENESS = "Độ đầy đủ (%)"

Figures = Mapping[tuple[str, date, str, str], values.Figure]
Completeness = Mapping[tuple[date, str], Decimal]
"""By month and unit, in per cent."""


@dataclass(frozen=True)
class Line:
    """One row of a table: a unit or a channel with its figures."""

    name: str
    code: str
    cells: list[str]
    total: bool = False


def write_pages(warehouse: Warehouse, published: Path, months: list[date], labels: Mapping[str, str]) -> list[Path]:
    """Write the pages of months whose text has changed, and the index. `labels` names sources. Returns the files written."""
    status = values.status(warehouse)
    figures: Figures = {(f.indicator, f.month, f.unit, f.channel): f for f in values.month_figures(warehouse)}
    units = values.units(warehouse)
    complete = values.completeness(warehouse)
    names = {unit.code: unit.name for unit in units}
    sources = _sources(warehouse, labels)
    folder = published / PAGES
    folder.mkdir(parents=True, exist_ok=True)
    environment = Environment(
        loader=PackageLoader("qn_pipeline.publishing"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    there = sorted({date.fromisoformat(f"{path.stem}-01") for path in folder.glob("????-??.html")} | set(months))
    texts = {}
    for month in months:
        texts[folder / f"{month:%Y-%m}.html"] = environment.get_template("month.html.j2").render(
            province=names[status.province],
            month=wording.month(month),
            as_of=wording.moment(status.as_of),
            open_month=status.as_of.date() < month_after(month),
            has_figures=any(key[1] == month for key in figures),
            cards=_cards(figures, month, status.province),
            headings=[indicator.name_vi for code in COLUMNS for indicator in catalogue() if indicator.indicator == code],
            units=_with_completeness(
                [_line(figures, month, u.code, u.name, values.ALL_CHANNELS, u.code == status.province) for u in units if u.level != COMMUNE],
                complete,
                month,
            ),
            communes=[(above, _with_completeness(lines, complete, month)) for above, lines in _communes(figures, month, units)],
            unit_headings=[COMPLETENESS] if _is_incomplete(complete, month) else [],
            completeness=wording.number(complete[month, status.province]) if _is_incomplete(complete, month) else None,
            channels=_channel_lines(figures, month, status.province),
            chart=received_and_settled(_series(figures, month, status.province)),
            scores=_score_lines(values.scores(warehouse, month, status.province)),
            index=_index_lines(values.score_lines(warehouse, month, status.province)),
            sources=sources,
            previous=_link(there, month, -1),
            following=_link(there, month, +1),
        )
    with_figures = [month for month in there if any(key[1] == month for key in figures)]
    texts[folder / "index.html"] = environment.get_template("index.html.j2").render(
        province=names[status.province],
        newest=(with_figures or there)[-1].strftime("%Y-%m"),
        months=[(month.strftime("%Y-%m"), wording.month(month)) for month in reversed(there)],
    )
    return [path for path, text in texts.items() if _write_changed(path, text)]


def _sources(warehouse: Warehouse, labels: Mapping[str, str]) -> list[list[str]]:
    _, rows = values.source_table(warehouse)
    return [
        [
            labels.get(source, source),
            wording.day(last) if last else wording.NO_VALUE,
            wording.number(arrived),
            wording.number(valid),
            wording.number(quarantined),
        ]
        for source, _, _, last, arrived, valid, quarantined in rows
    ]


def _figure_text(figure: values.Figure | None) -> str:
    if figure is None:
        return wording.NO_VALUE
    return wording.number(figure.value) if figure.denominator is not None else wording.number(figure.numerator)


def _line(figures: Figures, month: date, unit: str, name: str, channel: str, total: bool = False) -> Line:
    return Line(name, unit, [_figure_text(figures.get((code, month, unit, channel))) for code in COLUMNS], total)


def _is_incomplete(complete: Completeness, month: date) -> bool:
    """Whether figures of a month wait for rows that came in it; a unit's rows are the province's, too."""
    return any(share < 100 for (each, _), share in complete.items() if each == month)


def _with_completeness(lines: list[Line], complete: Completeness, month: date) -> list[Line]:
    """The lines with how complete they are, where any is not."""
    if not _is_incomplete(complete, month):
        return lines
    return [replace(line, cells=[*line.cells, wording.number(complete.get((month, line.code)))]) for line in lines]


def _communes(figures: Figures, month: date, units: list[values.Unit]) -> list[tuple[str, list[Line]]]:
    """The communes that have figures, under the unit above each, so that names which many share are told apart."""
    names = {unit.code: unit.name for unit in units}
    groups: dict[str, list[Line]] = {}
    for unit in units:
        if unit.level == COMMUNE and ("dossiers_received", month, unit.code, values.ALL_CHANNELS) in figures:
            groups.setdefault(names.get(unit.parent or "", ""), []).append(_line(figures, month, unit.code, unit.name, values.ALL_CHANNELS))
    return list(groups.items())


def _channel_lines(figures: Figures, month: date, province: str) -> list[Line]:
    labels = CHANNEL.codes("generic")
    used = [code for code in labels if ("dossiers_received", month, province, code) in figures]
    return [_line(figures, month, province, labels[code], code) for code in used]


def _cards(figures: Figures, month: date, province: str) -> list[tuple[str, str, str]]:
    """Heading, value and change against the month before."""
    names = {indicator.indicator: indicator.name_vi for indicator in catalogue()}
    cards = []
    for code in CARDS:
        now = figures.get((code, month, province, values.ALL_CHANNELS))
        before = figures.get((code, month_before(month), province, values.ALL_CHANNELS))
        change = wording.change(now.numerator, before.numerator if before else None) if now and now.numerator is not None else ""
        cards.append((names[code], _figure_text(now), change))
    share = figures.get(("on_time_share", month, province, values.ALL_CHANNELS))
    told = f"{wording.number(share.numerator)} trên {wording.number(share.denominator)} hồ sơ đã giải quyết" if share else ""
    shown = _figure_text(share) + (" %" if share and isinstance(share.value, Decimal) else "")
    return [*cards[:2], (names["on_time_share"], shown, told), *cards[2:]]


def _score_lines(scores: list[values.Score]) -> list[Line]:
    """Points by group and in all: got, could be scored, at most, share, rating."""
    return [
        Line(
            score.name,
            score.code,
            [
                wording.number(score.points),
                wording.number(score.scored_points),
                wording.number(score.max_points),
                wording.number(score.share),
                (score.rating or "") + (" (để tham khảo)" if score.for_reference and score.rating else ""),
            ],
            score.kind == "total",
        )
        for score in scores
    ]


def _index_lines(lines: list[values.ScoreLine]) -> list[Line]:
    """The indicators of the national index: value, points, at most, and why there are none."""
    return [
        Line(
            f"{line.official_code} {line.name}",
            line.indicator,
            [wording.number(line.value), wording.number(line.points), wording.number(line.max_points), values.REASONS.get(line.reason or "", "")],
        )
        for line in lines
    ]


def _series(figures: Figures, month: date, province: str) -> list[tuple[date, int, int]]:
    """Month, received and settled, for the last months up to this one that have figures."""
    months = [month]
    while len(months) < CHART_MONTHS:
        months.append(month_before(months[-1]))
    series = []
    for each in reversed(months):
        received = figures.get(("dossiers_received", each, province, values.ALL_CHANNELS))
        settled = figures.get(("dossiers_settled", each, province, values.ALL_CHANNELS))
        if received and settled:
            series.append((each, received.numerator or 0, settled.numerator or 0))
    return series


def _link(months: list[date], month: date, step: int) -> tuple[str, str] | None:
    position = months.index(month) + step
    return (months[position].strftime("%Y-%m"), wording.month(months[position])) if 0 <= position < len(months) else None


def _write_changed(path: Path, text: str) -> bool:
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)
    return True
