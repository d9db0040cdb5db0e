"""An extraction's rows, typed and held against every rule: the SQL of the one pass.

Belongs here: the table `checked`, and what is counted over a whole extraction. Does not: what follows for a row (validate), how a text is read (mapping).
"""

import duckdb

from qn_pipeline.contracts.model import Contract, Rule
from qn_pipeline.project import Project, Source
from qn_pipeline.validation.adjustments import Adjusted, replaced_columns
from qn_pipeline.validation.mapping import mapped_columns


def check_rows(
    con: duckdb.DuckDBPyConnection,
    project: Project,
    source: Source,
    rows_sql: str,
    day_end: str,
    adjusted: Adjusted | None = None,
    with_texts: bool = False,
) -> list[Rule]:
    """Make the temporary table `checked` of landed rows: row_no, content_hash, the typed columns, and one bit a broken rule in `broken`.

    Adjusted values are in place before any rule looks. `with_texts` adds what mapped_columns gives beside the typed columns. Returns the rules in the
    order of their bits.
    """
    contract = source.contract
    rules = contract.active_rules(project.profile, source.mapping.columns)
    raw, typed = mapped_columns(project, source)
    kept = "*" if with_texts else f"row_no, {', '.join(contract.names)}"
    bits = " | ".join(
        f"(case when {rule.broken_when.replace('{day_end}', day_end)} then {1 << bit}::ubigint else 0::ubigint end)"
        for bit, rule in enumerate(rules)
        if not rule.one_row_by
    )
    con.execute(
        f"""create or replace temp table checked as
        with texts as (select row_no, {raw} from {rows_sql}),
        told as (select *, {typed} from texts),
        typed as (select {replaced_columns(contract, adjusted or {})} from told)
        select {kept}, {content_hash(contract)} as content_hash, {bits or "0::ubigint"} as broken from typed"""
    )
    for bit, rule in enumerate(rules):
        if rule.one_row_by:
            _mark_doubles(con, rule, bit)
    return rules


def _mark_doubles(con: duckdb.DuckDBPyConnection, rule: Rule, bit: int) -> None:
    """Set the rule's bit in rows of `checked` that others are like in its columns; a row without a value in one of them is like no other.

    Hashes are counted first, over the columns that are typed already: that takes little of the time and memory of a window over whole rows. What has
    one hash twice is looked at by its values, so that nothing is taken for a double by chance.
    """
    columns = ", ".join(rule.one_row_by)
    told = " and ".join(f"{name} is not null" for name in rule.one_row_by)
    con.execute(
        f"create or replace temp table suspected as select hash({columns}) as mark from checked where {told} group by mark having count(*) > 1"
    )
    if con.execute("select 1 from suspected limit 1").fetchone() is None:
        return
    con.execute(
        f"""create or replace temp table doubled as
        select {columns} from checked where hash({columns}) in (select mark from suspected) and {told} group by {columns} having count(*) > 1"""
    )
    alike = " and ".join(f"checked.{name} = doubled.{name}" for name in rule.one_row_by)
    con.execute(f"update checked set broken = broken | {1 << bit}::ubigint from doubled where {alike}")


def content_hash(contract: Contract) -> str:
    """SQL for the hash of a row's content: the same content has the same hash on every machine, different content another.

    It is that of DuckDB's sort key, in which each value begins where the one before it ends: half the time of writing everything as text. A test
    makes the same bytes by hand; if another DuckDB makes others, METHOD must be raised with it.
    """
    cells = ", ".join(f"{name}, 'asc nulls last'" for name in contract.content)
    return f"md5(create_sort_key({cells}))"
