"""Amounts in words, against what Vietnamese payment papers write."""

import pytest

from qn_pipeline.publishing.amounts import in_words


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "Không đồng"),
        (5, "Năm đồng"),
        (10, "Mười đồng"),
        (11, "Mười một đồng"),
        (14, "Mười bốn đồng"),
        (15, "Mười lăm đồng"),
        (21, "Hai mươi mốt đồng"),
        (24, "Hai mươi tư đồng"),
        (25, "Hai mươi lăm đồng"),
        (40, "Bốn mươi đồng"),
        (100, "Một trăm đồng"),
        (101, "Một trăm linh một đồng"),
        (104, "Một trăm linh bốn đồng"),
        (105, "Một trăm linh năm đồng"),
        (110, "Một trăm mười đồng"),
        (115, "Một trăm mười lăm đồng"),
        (1_000, "Một nghìn đồng"),
        (1_005, "Một nghìn không trăm linh năm đồng"),
        (1_050, "Một nghìn không trăm năm mươi đồng"),
        (10_000, "Mười nghìn đồng"),
        (121_121, "Một trăm hai mươi mốt nghìn một trăm hai mươi mốt đồng"),
        (1_000_000, "Một triệu đồng"),
        (1_000_001, "Một triệu không trăm linh một đồng"),
        (1_050_000, "Một triệu không trăm năm mươi nghìn đồng"),
        (1_005_000, "Một triệu không trăm linh năm nghìn đồng"),
        (7_712_681, "Bảy triệu bảy trăm mười hai nghìn sáu trăm tám mươi mốt đồng"),
        (85_000_000, "Tám mươi lăm triệu đồng"),
        (1_000_000_000, "Một tỷ đồng"),
        (2_000_000_500, "Hai tỷ năm trăm đồng"),
        (1_000_050_000, "Một tỷ không trăm năm mươi nghìn đồng"),
        (21_000_000_000, "Hai mươi mốt tỷ đồng"),
        (1_234_000_000_000, "Một nghìn hai trăm ba mươi tư tỷ đồng"),
        (1_000_000_000_000_000_000, "Một tỷ tỷ đồng"),
    ],
)
def test_amounts_in_words(amount: int, words: str) -> None:
    assert in_words(amount) == words


def test_there_is_no_negative_amount() -> None:
    with pytest.raises(ValueError):
        in_words(-1)
