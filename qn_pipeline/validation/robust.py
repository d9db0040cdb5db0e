"""Comparing a number with earlier ones of which some may be odd themselves: medians, not means."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median

# Of a normal distribution, the standard deviation over the median absolute deviation.
NORMAL = 1.4826


@dataclass(frozen=True)
class Usual:
    """The middle of earlier numbers, and how far they lie from it, as a standard deviation."""

    middle: float
    spread: float


def usual(numbers: Sequence[float]) -> Usual:
    """Of at least one number."""
    middle = float(median(numbers))
    return Usual(middle, NORMAL * float(median(abs(number - middle) for number in numbers)))


def share_jumps(count: int, of: int, earlier: Sequence[tuple[int, int]], step: float, spreads: float) -> Usual | None:
    """The usual share, when `count` of `of` is another one; None when it is not.

    The share must differ by `step` and by so many spreads of the earlier shares, and the count by more than chance makes of such a share.
    """
    shares = [part / whole for part, whole in earlier if whole]
    if not shares or not of:
        return None
    before = usual(shares)
    difference = abs(count / of - before.middle)
    chance = sqrt(of * before.middle * (1 - before.middle))
    return before if difference > max(step, spreads * before.spread) and difference * of > spreads * chance + spreads else None
