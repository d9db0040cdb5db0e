"""Seals: an identifier of a person becomes a keyed HMAC, so that it can be joined and not be read.

HMAC-SHA256, cut to 128 bits, computed inside DuckDB (RFC 2104 by hand: two hashes). The same person has the same seal wherever the
identifier is spelt alike up to case, spaces, separators and Unicode form. Nothing joins across keys.
"""

import hashlib

import duckdb

from qn_pipeline.engine import quoted

BLOCK = 64
SEAL_CHARACTERS = 32


def key_id(secret: bytes) -> str:
    """A name for the key that does not give it away."""
    return hashlib.sha256(b"qn_pipeline key id " + secret).hexdigest()[:8]


def prepare(con: duckdb.DuckDBPyConnection, secret: bytes) -> None:
    """Give a connection the key's padded blocks, as variables: the key is in no SQL text and so in no error message."""
    block = (secret if len(secret) <= BLOCK else hashlib.sha256(secret).digest()).ljust(BLOCK, b"\0")
    con.execute("set variable seal_inner = ?", [bytes(byte ^ 0x36 for byte in block)])
    con.execute("set variable seal_outer = ?", [bytes(byte ^ 0x5C for byte in block)])


def sealed(column: str) -> str:
    """SQL for the seal of a text column; an empty cell has none."""
    plain = rf"nullif(upper(regexp_replace(nfc_normalize(replace({quoted(column)}, chr(0), '')), '[\s.\-]', '', 'g')), '')"
    inner = f"unhex(sha256(getvariable('seal_inner') || encode({plain})))"
    return f"left(sha256(getvariable('seal_outer') || {inner}), {SEAL_CHARACTERS})"
