"""Numbers and dates as Vietnamese readers write them."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from qn_pipeline.publishing import wording


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (1234567, "1.234.567"), (-5, "-5"), (Decimal("98.7"), "98,70"), (Decimal("1234.50"), "1.234,50"), (None, "–")]
)
def test_number(value: int | Decimal | None, text: str) -> None:
    assert wording.number(value) == text


@pytest.mark.parametrize(("value", "text"), [(date(2022, 9, 5), "05/9/2022"), (date(2022, 2, 28), "28/02/2022"), (date(2022, 12, 31), "31/12/2022")])
def test_day(value: date, text: str) -> None:
    assert wording.day(value) == text


def test_moment_tells_midnight_as_the_end_of_the_day_before() -> None:
    assert wording.moment(datetime(2022, 9, 1)) == "hết ngày 31/8/2022"  # noqa: DTZ001
    assert wording.moment(datetime(2022, 9, 1, 9, 5)) == "9 giờ 05 ngày 01/9/2022"  # noqa: DTZ001


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [
        (1500, 400, "tăng 1.100 so với tháng trước"),
        (4, 5, "giảm 1 so với tháng trước"),
        (5, 5, "bằng tháng trước"),
        (5, None, "không có số liệu tháng trước"),
    ],
)
def test_change(now: int, before: int | None, text: str) -> None:
    assert wording.change(now, before) == text
