"""A table as an office lays it out in a sheet: titles above, a header of one to three rows, an outline of rows, signatures below.

Belongs here: finding those in the grid of a sheet. Does not: what the rows are to each other (outline).
"""

import logging
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from qn_pipeline.errors import SourceChanged
from qn_pipeline.project import UNIT_COLUMN, TableSettings
from qn_pipeline.sources.cells import cell_number
from qn_pipeline.sources.marks import BREAKDOWN, DASH, SIGNATURE, UNMARKED, has_romans, is_label_row, is_total, mark_level, mark_text
from qn_pipeline.sources.outline import TableRow

log = logging.getLogger(__name__)

Grid = list[list[object]]
Merge = tuple[tuple[int, int], tuple[int, int]]
UNITS = {
    "đồng": ("đ", "vnđ", "vnd", "đồng", "đồng việt nam", "việt nam đồng"),
    "nghìn đồng": ("nghìn", "ngàn", "nghìn đồng", "ngàn đồng", "1.000 đồng", "1000 đồng", "1.000đ", "1000đ", "1.000 đ", "1000 đ", "ng.đ", "nđ"),
    "triệu đồng": ("tr.đ", "trđ", "tr.đồng", "tr đồng", "triệu", "triệu đ", "triệu đồng", "1.000.000 đồng", "1000000 đồng"),
    "tỷ đồng": ("tỷ", "tỉ", "tỷ đồng", "tỉ đồng", "tỷ đ", "tỉ đ"),
}
UNIT_OF = {spelling: unit for unit, spellings in UNITS.items() for spelling in spellings}


@dataclass(frozen=True)
class Table:
    """A table found in a sheet: its columns' names by place ("" where there is none), what its titles say, its body's rows."""

    names: list[str]
    titles: dict[str, str | None]
    rows: list[TableRow]

    @property
    def columns(self) -> list[str]:
        return [name for name in self.names if name]


def find_table(where: str, grid: Grid, merges: list[Merge], settings: TableSettings, numbers: dict[str, str], wanted: list[str]) -> Table:
    """The table of a sheet. `where` names file and sheet, `numbers` are the columns of amounts and how texts there write them.

    Raises SourceChanged when there is no header, a wanted name stands twice in it, or the sheet holds another table.
    """
    top = _header_row(grid, settings.header, 0)
    if top is None:
        raise SourceChanged(
            f"{where} has no header row that begins with {settings.header!r}. Nothing of it was kept. Correct table.header in qn.yaml, or ask for the file again."
        )
    names = _names(grid, merges, top, settings.header_rows)
    for name in (*wanted, settings.numbering, settings.text):
        if name and names.count(name) > 1:
            raise SourceChanged(f"{where} has the column {name!r} twice. Nothing of it was kept. Name its columns distinctly.")
    for name in (settings.numbering, settings.text):
        if name and name not in names:
            raise SourceChanged(f"{where} has no column {name!r}, which table in qn.yaml names. Nothing of it was kept. Correct qn.yaml.")
    titles = {f"@{name}": _title(grid[:top], name, pattern) for name, pattern in settings.titles.items()}
    body = _body(where, grid, merges, top, names, settings, numbers)
    rows = [_row(index, grid[index], names, settings, numbers) for index in body]
    _set_levels(rows)
    return Table(names, titles, _cut(where, rows, settings))


def clean(cell: object) -> str:
    """A cell's text on one line, in one Unicode form."""
    return " ".join(unicodedata.normalize("NFC", str(cell)).split())


def _header_row(grid: Grid, header: str, start: int) -> int | None:
    wanted = clean(header).casefold()
    for index in range(start, len(grid)):
        first = next((cell for cell in grid[index] if cell != ""), "")
        if isinstance(first, str) and clean(first).casefold() == wanted:
            return index
    return None


def _names(grid: Grid, merges: list[Merge], top: int, levels: int) -> list[str]:
    header = [[clean(cell) for cell in row] for row in grid[top : top + levels]]
    inside = [((r0, c0), (r1, c1)) for (r0, c0), (r1, c1) in merges if top <= r0 < top + levels]
    for (r0, c0), (_, c1) in inside:
        row = header[r0 - top]
        row[c0 : c1 + 1] = [row[c0]] * len(row[c0 : c1 + 1])
    if levels > 1 and not any(c1 > c0 for (_, c0), (_, c1) in inside):
        # Without merges, a group's text holds up to the next one, for columns that have a name below it.
        for level, row in enumerate(header[:-1]):
            for place in range(1, len(row)):
                if not row[place] and any(below[place] for below in header[level + 1 :]):
                    row[place] = row[place - 1]
    return [" / ".join(row[place] for row in header if row[place]) for place in range(max(map(len, header)))]


def _title(rows: Grid, name: str, pattern: str) -> str | None:
    for cell in (clean(cell) for row in rows for cell in row if cell != ""):
        match = re.search(pattern, cell)
        if match and match[1] is not None:
            return _unit(match[1]) if name == UNIT_COLUMN[1:] else match[1].strip()
    return None


def _unit(text: str) -> str:
    unit = text.lower().strip(" .,;:()")
    first = re.split(r"[,;(]", unit)[0].strip()  # triệu đồng, %
    return UNIT_OF.get(unit) or UNIT_OF.get(first, unit)


def _body(where: str, grid: Grid, merges: list[Merge], top: int, names: list[str], settings: TableSettings, numbers: dict[str, str]) -> list[int]:
    """The rows below the header that hold something; a header that is printed again on each page, and a row that numbers the columns, do not."""
    start = top + settings.header_rows
    _fill_merged(grid, merges, start, {place for place, name in enumerate(names) if name in numbers})
    body: list[int] = []
    again = _header_row(grid, settings.header, start)
    skip_until, label_may_come = start, True
    for index in range(start, len(grid)):
        if index == again:
            if _names(grid, merges, index, settings.header_rows) != names:
                raise SourceChanged(f"{where} has a second table from row {index + 1}. Nothing of it was kept. Put it on a sheet of its own.")
            skip_until, label_may_come = index + settings.header_rows, True
            again = _header_row(grid, settings.header, skip_until)
        cells = [cell for cell, name in zip(grid[index], names, strict=False) if name]
        if index < skip_until or all(_is_blank(cell) for cell in cells):
            continue
        text = next((cell for cell, name in zip(grid[index], names, strict=False) if name and name == settings.text), "")
        if label_may_come and is_label_row(cells, text):
            continue
        label_may_come = False
        body.append(index)
    return body


def _fill_merged(grid: Grid, merges: list[Merge], start: int, amounts: set[int]) -> None:
    """What a cell says that is merged over several rows holds for each of them; an amount is there once."""
    for (r0, c0), (r1, _) in merges:
        if r0 >= start and c0 not in amounts:
            for row in grid[r0 + 1 : r1 + 1]:
                if c0 < len(row) and row[c0] == "":
                    row[c0] = grid[r0][c0]


def _is_blank(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _row(index: int, values: list[object], names: list[str], settings: TableSettings, numbers: dict[str, str]) -> TableRow:
    cells = {name: value for name, value in zip(names, values, strict=False) if name}
    mark = mark_text(cells.get(settings.numbering)) if settings.numbering else ""
    saying = clean(cells.get(settings.text) or "") if settings.text else ""
    if not saying:
        saying = next(_texts(cells, numbers, settings), "")
    amounts = {name: cell_number(cells[name], style) for name, style in numbers.items() if name in cells}
    return TableRow(index, mark, UNMARKED, saying, amounts, cells)


def _texts(cells: dict[str, object], numbers: dict[str, str], settings: TableSettings) -> Iterator[str]:
    """What the cells say that hold no amount; a total's words may stand, merged, in the column of marks."""
    for name, cell in cells.items():
        if (
            isinstance(cell, str)
            and name not in numbers
            and not (name == settings.numbering and mark_level(mark_text(cell), romans=True) is not None)
        ):
            text = clean(cell)
            if text:
                yield text


def _set_levels(rows: list[TableRow]) -> None:
    romans = has_romans([row.mark for row in rows])
    for row in rows:
        level = mark_level(row.mark, romans)
        if level is None and row.saying[:1] in ("-", "\N{EN DASH}", "+"):
            # An office types the dash into the text as well.
            level = mark_level(row.saying[:1], romans)
            row.saying = row.saying[1:].strip()
        row.level = UNMARKED if level is None else level


def _cut(where: str, rows: list[TableRow], settings: TableSettings) -> list[TableRow]:
    """The rows up to the table's end, without headings that have neither a mark nor an amount."""
    signed = next((place for place, row in enumerate(rows) if _is_signature(row)), len(rows))
    # Where rows are numbered, the first row after the last number that says no amount is a note below the table.
    last = max((place for place, row in enumerate(rows[:signed]) if _is_marked(row) or is_total(row.saying)), default=-1)
    end = next((place for place in range(last + 1, signed) if settings.numbering and not _is_substantial(rows[place], settings)), signed)
    lost = [row for row in rows[end:] if _is_substantial(row, settings)]
    if lost:
        log.warning("%s: %s rows below the end of the table were not read, the first is row %s", where, len(lost), lost[0].index + 1)
    return [row for row in rows[:end] if _is_substantial(row, settings) or _is_marked(row) or BREAKDOWN.match(row.saying)]


def _is_marked(row: TableRow) -> bool:
    return row.mark != "" and row.level < UNMARKED


def _is_substantial(row: TableRow, settings: TableSettings) -> bool:
    """Whether a row belongs to the table by itself: it has a number or an amount."""
    if not row.amounts:
        return row.level < UNMARKED or is_total(row.saying) or settings.numbering is None
    return row.level < DASH or any(_is_amount(amount) for amount in row.amounts.values())


def _is_amount(amount: object) -> bool:
    """A signature or a remark may stand in a column of amounts: a text without a digit is none, and a spreadsheet's error was one."""
    if not isinstance(amount, str):
        return amount is not None
    return (any(letter.isdigit() for letter in amount) or amount.startswith("'#")) and not SIGNATURE.fullmatch(clean(amount[1:]))


def _is_signature(row: TableRow) -> bool:
    if row.level < UNMARKED or any(_is_amount(amount) for amount in row.amounts.values()):
        return False
    return any(isinstance(cell, str) and SIGNATURE.fullmatch(clean(cell)) for cell in row.cells.values())
