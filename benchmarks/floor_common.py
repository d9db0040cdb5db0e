"""What the steps of the floor share: where they read and write, and words of SQL."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import duckdb

PROVINCE = "000.00.00.H47"
DATABASE = "floor.duckdb"


@dataclass(frozen=True)
class Floor:
    """A connection, and where to read and write."""

    con: duckdb.DuckDBPyConnection
    project: Path
    work: Path

    def run(self, sql: str) -> None:
        self.con.execute(sql)


def prepare_seal(con: duckdb.DuckDBPyConnection) -> None:
    """The blocks of HMAC-SHA256 (RFC 2104) as variables, so that the key is in no SQL."""
    secret = os.environ.get("QN_SEAL_KEY", "").encode()
    if not secret:
        raise SystemExit("QN_SEAL_KEY is not set: the key of the seals.")
    block = (secret if len(secret) <= 64 else hashlib.sha256(secret).digest()).ljust(64, b"\0")
    con.execute("set variable inner_pad = ?", [bytes(byte ^ 0x36 for byte in block)])
    con.execute("set variable outer_pad = ?", [bytes(byte ^ 0x5C for byte in block)])


def sealed(column: str) -> str:
    """HMAC-SHA256 of the identifier without spaces, dots and hyphens, in capitals; its first 128 bits in hexadecimal."""
    plain = rf"nullif(upper(regexp_replace(nfc_normalize({quoted(column)}), '[\s.\-]', '', 'g')), '')"
    return f"left(sha256(getvariable('outer_pad') || unhex(sha256(getvariable('inner_pad') || encode({plain})))), 32)"


def clean(name: str) -> str:
    """The text of a landed column: composed, without spaces around it, null where nothing is left."""
    return f"nullif(trim(nfc_normalize(raw_{name})), '')"


def moment(raw: str) -> str:
    return f"try_strptime({raw}, '%d/%m/%Y %H:%M:%S')"


def integer(raw: str) -> str:
    return f"case when regexp_full_match({raw}, '[+-]?[0-9]{{1,18}}') then {raw}::bigint end"


def coded(raw: str, codes: dict[str, str]) -> str:
    """A code for each of the source's words; the codes themselves are known, too."""
    known = codes | {code: code for code in codes.values()}
    return f"case {raw} {' '.join(f'when {text(source)} then {text(code)}' for source, code in known.items())} end"


def boolean(raw: str) -> str:
    return f"case {raw} when '1' then true when '0' then false when 'true' then true when 'false' then false end"


def broken_bits(rules: dict[str, tuple[str, str, bool]]) -> str:
    """A number with a bit for each rule that a row breaks."""
    return " | ".join(f"case when {broken} then {1 << bit} else 0 end" for bit, (_, broken, _) in enumerate(rules.values()))


def stopping(rules: dict[str, tuple[str, str, bool]]) -> int:
    """The bits of the rules that keep a row out of the figures."""
    return sum(1 << bit for bit, (_, _, stays) in enumerate(rules.values()) if not stays)


def told_rules(rules: dict[str, tuple[str, str, bool]]) -> str:
    """The rules as rows r(bit, rule, column_name, stays)."""
    rows = ", ".join(f"({bit}, '{rule}', '{column}', {stays})" for bit, (rule, (column, _, stays)) in enumerate(rules.items()))
    return f"(values {rows}) as r(bit, rule, column_name, stays)"


def sums(*names: str) -> str:
    """A sum of whole numbers is a HUGEINT; counts are BIGINT."""
    return ", ".join(f"sum({name})::bigint as {name}" for name in names)


def text(value: str | Path) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
