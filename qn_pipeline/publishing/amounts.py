"""Amounts of money in words, as minutes and payment papers have them."""

DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
SCALES = ("", " nghìn", " triệu")
BILLION = 1_000_000_000


def in_words(amount: int) -> str:
    """An amount of đồng: 1.050.000 is "Một triệu không trăm năm mươi nghìn đồng". Raises ValueError for a negative one."""
    if amount < 0:
        raise ValueError(f"{amount} is below zero")
    words = f"{_read(amount, False) or DIGITS[0]} đồng"
    return words[0].upper() + words[1:]


def _read(number: int, follows: bool) -> str:
    """A number in words, empty for 0; one that follows a larger part is read with its hundreds."""
    if number >= BILLION:
        rest = _read(number % BILLION, True)
        return f"{_read(number // BILLION, follows)} tỷ" + (f" {rest}" if rest else "")
    read: list[str] = []
    for place in (2, 1, 0):
        group = number // 1000**place % 1000
        if group:
            read.append(_group(group, follows or bool(read)) + SCALES[place])
    return " ".join(read)


def _group(group: int, follows: bool) -> str:
    """Three digits in words."""
    hundreds, tens, ones = group // 100, group // 10 % 10, group % 10
    words = [f"{DIGITS[hundreds]} trăm"] if hundreds or follows else []
    if tens > 1:
        words.append(f"{DIGITS[tens]} mươi")
    elif tens == 1:
        words.append("mười")
    elif ones and words:
        words.append("linh")
    if ones:
        after_tens = {1: "mốt", 4: "tư", 5: "lăm"} if tens > 1 else {5: "lăm"} if tens == 1 else {}
        words.append(after_tens.get(ones, DIGITS[ones]))
    return " ".join(words)
