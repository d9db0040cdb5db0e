"""Volume: the rows of a source and day against earlier days of the same kind, the rows of a snapshot against the one before.

Counts come from manifests alone: no row is read. Belongs here: what is usual, and what is out of bounds. Does not: what follows (door).
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import sqrt

from qn_pipeline.contracts.model import Profile
from qn_pipeline.landing.extractions import Extraction, Manifest, superseded_by
from qn_pipeline.project import AnySource, Effect, FileSource, Volume
from qn_pipeline.validation.day_kinds import Kind, kinds_of
from qn_pipeline.validation.robust import usual

TOO_FEW, TOO_MANY = "rows_too_few", "rows_too_many"

FEWEST_DAYS, MOST_DAYS = 4, 12
REMEMBERED = timedelta(days=400)
LEAST_OF_DAYS, LEAST_OF_WHOLE = 0.6, 0.7
# A day of few rows is also far from usual: by so many spreads of its kind's days, and by so many standard deviations of chance.
SPREADS, CHANCE = 2, 4
SMALLEST_WHOLE = 10


@dataclass(frozen=True)
class DayCount:
    """Rows that a source brought for a day, and whether a delivery came at all.

    `comparable` is false for a day that was pulled together with others, or is not over.
    """

    day: date
    rows: int
    came: bool = True
    comparable: bool = True


@dataclass(frozen=True)
class Judged:
    """A day or delivery against what is usual. `usual` is None where nothing earlier is comparable; `rule` is the broken one."""

    day: date
    rows: int
    came: bool = True
    usual: float | None = None
    rule: str | None = None


@dataclass
class VolumeFindings:
    """Of a source: how many days or deliveries were compared, which could not be, and which are out of bounds."""

    compared: int = 0
    not_comparable: list[date] = field(default_factory=list)
    odd: list[Judged] = field(default_factory=list)

    def add(self, judged: Iterable[Judged]) -> None:
        for one in judged:
            if one.usual is None:
                self.not_comparable.append(one.day)
                continue
            self.compared += 1
            if one.rule is not None:
                self.odd.append(one)


def volume_of(
    source: AnySource, profile: Profile, landed: Sequence[Extraction], days: Collection[date], today: date, waived: Collection[date] = ()
) -> VolumeFindings:
    """The volume of a source on the days that were asked for, and of all that would stop the stage: what was refused stays refused.

    `landed` are all extractions of the source in the order in which they came, those that were superseded included; `waived` are days whose
    small snapshots were accepted, so that later ones are held against them.
    """
    judged: list[Judged] = []
    superseded = superseded_by(list(landed))
    if source.delivers != "changes":
        wholes = _judge_wholes(source.volume, [extraction.manifest for extraction in landed], superseded, waived)
        # A window that came once has nothing of its own to be held against; its day has others.
        judged += [one for one in wholes if source.delivers == "snapshot" or one.usual is not None]
    if _names_days(source):
        counts = day_counts(source, [e.manifest for e in landed if e.manifest.id not in superseded], today)
        judged += judge_arrivals(counts, profile) if source.delivers == "snapshot" else judge_days(counts, profile, source.volume)
    findings = VolumeFindings()
    findings.add(one for one in judged if one.day in days or (one.rule is not None and effect_of(source, one) == "stop"))
    return findings


def effect_of(source: AnySource, judged: Judged) -> Effect:
    """What follows from a broken rule. A whole without many of its rows makes them vanish; one that is empty, or did not come, does not."""
    if source.volume.severity is not None:
        return source.volume.severity
    return "stop" if source.delivers != "changes" and judged.rule == TOO_FEW and judged.rows else "fail"


def judge_days(counts: Sequence[DayCount], profile: Profile, settings: Volume) -> list[Judged]:
    """Each day's rows against those of earlier days of its kind. `counts` are in the order of days. Where usually nothing comes, nothing is expected."""
    judged = []
    for count, earlier in _with_earlier(counts, profile):
        before = usual([other.rows for other in earlier]) if earlier else None
        if before is None or before.middle == 0:
            judged.append(Judged(count.day, count.rows, count.came))
            continue
        low = before.middle * (LEAST_OF_DAYS if settings.least is None else settings.least)
        noise = CHANCE * sqrt(before.middle)
        rule = None
        if count.rows < min(low, before.middle - max(SPREADS * before.spread, noise)):
            rule = TOO_FEW
        elif count.rows > before.middle * settings.most + noise:
            rule = TOO_MANY
        judged.append(Judged(count.day, count.rows, count.came, before.middle, rule))
    return judged


def judge_arrivals(counts: Sequence[DayCount], profile: Profile) -> list[Judged]:
    """Days on which nothing came, where something came on every earlier day of the kind. The size of what came is not judged here."""
    judged = []
    for count, earlier in _with_earlier(counts, profile):
        if not count.came and earlier and all(other.came for other in earlier):
            judged.append(Judged(count.day, 0, came=False, usual=usual([other.rows for other in earlier]).middle, rule=TOO_FEW))
    return judged


def _with_earlier(counts: Sequence[DayCount], profile: Profile) -> Iterator[tuple[DayCount, list[DayCount]]]:
    """Each day with at most twelve earlier ones of its kind, of a coarser kind where there are not four, and none where there are not four of any."""
    by_kind: dict[Kind, deque[DayCount]] = {}
    for count in counts:
        if not count.comparable:
            yield count, []
            continue
        kinds = kinds_of(profile, count.day)
        for kind in kinds:
            earlier = [other for other in by_kind.get(kind, ()) if count.day - other.day <= REMEMBERED]
            if len(earlier) >= FEWEST_DAYS:
                yield count, earlier
                break
        else:
            yield count, []
        for kind in kinds:
            by_kind.setdefault(kind, deque(maxlen=MOST_DAYS)).append(count)


def judge_wholes(sizes: Sequence[tuple[date, int]], settings: Volume, waived: Collection[date] = ()) -> list[Judged]:
    """Each delivery of a whole against the newest one before it that was in bounds, or was waived."""
    least = LEAST_OF_WHOLE if settings.least is None else settings.least
    before: int | None = None
    judged = []
    for day, rows in sizes:
        rule = None
        if before is not None and before >= SMALLEST_WHOLE:
            rule = TOO_FEW if rows < least * before else TOO_MANY if rows > settings.most * before else None
        judged.append(Judged(day, rows, usual=None if before is None else float(before), rule=rule))
        if rule != TOO_FEW or day in waived:
            before = rows
    return judged


def day_counts(source: AnySource, standing: Sequence[Manifest], today: date) -> list[DayCount]:
    """Rows by day, in the order of days."""
    by_day: dict[date, list[Manifest]] = {}
    for manifest in standing:
        by_day.setdefault(manifest.day, []).append(manifest)
    counts = []
    for day in sorted(by_day):
        manifests = by_day[day]
        came = any(manifest.file is not None for manifest in manifests)
        together = any(m.covers_from and m.covers_to and m.covers_to - m.covers_from > timedelta(days=1) for m in manifests)
        # Of the open day, a file that has come is whole; anything else may still come.
        is_over = day < today or (came and isinstance(source, FileSource))
        counts.append(DayCount(day, sum(arrived(manifest) for manifest in manifests), came, is_over and not together))
    return counts


def arrived(manifest: Manifest) -> int:
    """The rows of a delivery, those that could not be read included."""
    return manifest.rows + len(manifest.unreadable)


def _names_days(source: AnySource) -> bool:
    """Whether a source's days can be held against each other: files whose names give no day come when they come."""
    if isinstance(source, FileSource):
        return "{day}" in source.files
    return source.delivers == "changes"


def _judge_wholes(settings: Volume, landed: Sequence[Manifest], superseded: Collection[str], waived: Collection[date]) -> list[Judged]:
    """Snapshots in the order in which they came; windows each against its own earlier delivery. What was superseded is not judged."""
    chains: dict[tuple[date | None, date | None], list[Manifest]] = {}
    for manifest in landed:
        if manifest.file is not None:
            chains.setdefault((manifest.window_from, manifest.window_to), []).append(manifest)
    judged = []
    for chain in chains.values():
        each = judge_wholes([(manifest.day, arrived(manifest)) for manifest in chain], settings, waived)
        judged += [one for manifest, one in zip(chain, each, strict=True) if manifest.id not in superseded]
    return judged
