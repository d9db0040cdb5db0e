"""Vietnamese text that was read in a wrong encoding: signs that correct text, Vietnamese or other, does not have.

Belongs here: the signs, as regular expressions of RE2. Does not: what encodings a file may have (sources/encodings).
"""

# What Windows makes of the bytes 0x80 to 0x9F, without quotation marks, dashes and the ellipsis, which may stand right after a letter.
_CP1252 = "€‚ƒ„†‡ˆ‰Š‹ŒŽ•˜™š›œžŸ"
_QUOTES = "‘’“”"
_DASHES = "–—…"
# Bytes 0xA1 to 0xBF as Latin-1. Not 0xA0, a space that may follow any word.
_HIGH = "¡-¿"

SIGNS = (
    # What a decoder writes for bytes it cannot read, and control characters that no text has.
    r"[\x{FFFD}\x{80}-\x{9F}]",
    # UTF-8 read as Windows-1252, Latin-1 or Windows-1258: à is Ã and a byte above 0x7F, in Windows-1258 Ă and one.
    f"[ÃĂ][{_CP1252}{_HIGH}]",
    rf"[ÃĂ][{_QUOTES}]\pL",
    r"[ÃĂ]\x{A0} |\p{Ll}[ÃĂÄÅÆ]",
    # ă, đ, ĩ, ũ, ơ, ư and their capitals.
    rf"Ä[‘ƒ‚©¨]|Å[©¨]|Æ[°¡¯]|Æ\x{{A0}}[\pL ]|Â[{_HIGH}]",
    # ạ to ỹ are three bytes: áº or á», and one more.
    rf"á[º»][{_CP1252}{_QUOTES}{_DASHES}{_HIGH}\x{{A0}}]",
    # Quotation marks, dashes and the ellipsis themselves.
    "â€",
    # TCVN3 (.VnTime) read as Latin-1: signs are letters there and stand within words, and capitals of other languages for small letters.
    r"\pL[µ¸¶¹¨¾¼½©®ª«¬Æ][a-zà-ÿ]|(^|[\s(])®[a-zµ-ÿ]|\pL[µ¸¶·¹](\s|$)|§[a-zÀ-ÿ]",
    r"\pL[ËÖÇÎÏÑØÜÞÐ][a-z]|\p{Ll}\x{AD}[à-ÿ]",
    # Letters that became question marks.
    r"\pL\?+\pL",
)
_PATTERN = "|".join(SIGNS)
# Addresses have question marks within words.
_ADDRESS = "://"


def looks_misread(column: str) -> str:
    """A DuckDB predicate: the text of a column bears signs of a wrong encoding."""
    return f"regexp_matches({column}, '{_PATTERN}') and not contains({column}, '{_ADDRESS}')"
