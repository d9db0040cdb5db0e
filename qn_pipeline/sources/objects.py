"""JSON objects as rows of text: what JSONL files and pulls share.

A column's name is a key of the object, or a path into it (/a/0/b, a JSON pointer). A path with a star (/a/*/b) asks all items of a list: it
reads 1 when one of them has a value that is neither empty nor 0 nor false, 0 when none has, and nothing where there is no list.
"""

import duckdb
import pyarrow as pa

from qn_pipeline.engine import literal, quoted

STAR = "/*/"
NOTHING = "('', '0', 'false', 'False')"


def pointers(columns: list[str], json: str) -> str:
    """Select list that reads columns from a JSON text, which is parsed once a row; begins with a comma unless there are none."""
    if not columns:
        return ""
    single = [column for column in columns if STAR not in column]
    paths = ", ".join(literal(_pointer(column)) for column in single)
    # DuckDB computes a repeated expression once.
    return "".join(
        f", {_any(json, column) if STAR in column else f'json_extract_string({json}, [{paths}])[{single.index(column) + 1}]'} as {quoted(column)}"
        for column in columns
    )


def _any(json: str, column: str) -> str:
    items, _, rest = column.partition(STAR)
    told = f"list_filter(json_extract({json}, {literal(items)})::json[], lambda item: coalesce(json_extract_string(item, {literal('/' + rest)}), '') not in {NOTHING})"
    return f"case when json_type({json}, {literal(items)}) = 'ARRAY' then case when len({told}) > 0 then '1' else '0' end end"


def _pointer(column: str) -> str:
    return column if column.startswith("/") else "/" + column.replace("~", "~0").replace("/", "~1")


def read_objects(con: duckdb.DuckDBPyConnection, mapped: list[str], kept: list[str], rows: list[bytes]) -> list[str]:
    """Fill the table `source_row` (row_no, then the columns as text) with objects given as JSON. Returns all keys that they have."""
    con.register(
        "pulled", pa.table({"row_no": pa.array(range(1, len(rows) + 1), pa.int64()), "object": pa.array([row.decode() for row in rows], pa.string())})
    )
    columns = list(dict.fromkeys([*mapped, *kept]))
    con.execute(f"create or replace temp table source_row as select row_no{pointers(columns, 'object')} from pulled")
    keys = con.execute("select distinct unnest(json_keys(object)) as key from pulled order by key").fetchall()
    con.unregister("pulled")
    return [str(key[0]) for key in keys]
