"""From lives to cells: the main measures of units counted directly, without the macros that made them, and held against the cells.

Written again on purpose, and plainly: two ways of counting that share nothing agree only when both are right.
"""

from collections.abc import Sequence

from qn_pipeline.warehouse.engines import Warehouse
from qn_pipeline.warehouse.findings import EXAMPLES, Finding, in_list

STAGE = "lives to cells"
ENDS = ("settled", "withdrawn", "stopped", "refused")
RECEIVED = "began and piece = 1"
# What is counted on the day that a piece of a life begins.
FLOWS = {
    "received": RECEIVED,
    "reopened": "began and spell > spell_before",
    "received_online": f"{RECEIVED} and channel = 'online'",
    "received_direct": f"{RECEIVED} and channel = 'direct'",
    "received_post": f"{RECEIVED} and channel = 'post'",
    "received_reused": f"{RECEIVED} and is_reused",
    "received_components_digitized": f"{RECEIVED} and has_digital_components",
    "received_through_post": f"{RECEIVED} and is_through_post",
    "received_with_fee": f"{RECEIVED} and has_fee",
    "received_paid_online": f"{RECEIVED} and has_fee and is_paid_online",
    "settled_paper": "began and is_end and state = 'settled' and has_paper_result",
    "settled_happily": "began and is_end and state = 'settled' and standing <> 'late' and not is_disliked",
    **{end: f"began and is_end and state = '{end}'" for end in ENDS},
    **{f"{end}_{verdict}": f"began and is_end and state = '{end}' and standing = '{verdict}'" for end in ENDS for verdict in ("on_time", "late")},
    "local_settled_late": "began and is_end and state = 'settled' and local_standing = 'late'",
}
# What a piece adds to on the day that it begins, and takes away on the day that it ends.
STANDINGS = {"within": "('within', 'early', 'on_time')", "past": "('past', 'late')", "without_due": "('without_due')"}
STOCKS = {
    f"{reading}{stock}_{standing}_delta": f"state = '{state}' and {reading}standing in {among}"
    for reading in ("", "local_")
    for stock, state in (("running", "running"), ("paused", "paused"), ("held", "stopped"))
    for standing, among in STANDINGS.items()
}
TRAITS = ("is_reused", "has_digital_components", "is_through_post", "has_paper_result", "is_disliked")


def count_again(warehouse: Warehouse, units: Sequence[str]) -> tuple[int, list[Finding]]:
    """How many cells of the units were compared, and a finding a unit that differs."""
    with warehouse.writing() as writing:
        ((compared,),) = writing.execute(f"select count(*) from measures.dossier_daily where unit in ({in_list(units)})", list(units))
        differing = writing.execute(_differences(units), [*units, *units, *units, *units])
        ((rows,),) = writing.execute(f"select count(*) from measures.procedure_block where unit in ({in_list(units)})", list(units))
        by_procedure = writing.execute(_differing_procedures(units), [*units, *units, *units])
    findings = []
    for unit in units:
        cells = [(day, role, channel, sums) for of_unit, day, role, channel, *sums in differing if of_unit == unit]
        keys = tuple(f"{day} {role} {channel}: {', '.join(_names(sums))}" for day, role, channel, sums in cells[:EXAMPLES])
        if cells:
            findings.append(Finding(STAGE, "measures.dossier_daily", len(cells), (unit,), keys))
        told = [f"{month:%Y-%m} {procedure}" for of_unit, month, procedure in by_procedure if of_unit == unit]
        if told:
            findings.append(Finding(STAGE, "measures.procedure_block", len(told), (unit,), tuple(told[:EXAMPLES])))
    return int(compared) + int(rows), findings


def _names(sums: Sequence[object]) -> list[str]:
    return [name for name, value in zip((*FLOWS, *STOCKS), sums, strict=True) if value]


def _differences(units: Sequence[str]) -> str:
    """Cells in which the count less what is stored is not zero, with the differences. The units are parameters, four times."""
    listed = in_list(units)
    measures = [*FLOWS, *STOCKS]
    counted = [f"sum(case when {when} then 1 else 0 end) as {name}" for name, when in FLOWS.items()]
    counted += [f"sum(case when {when} then case when began then 1 else -1 end else 0 end) as {name}" for name, when in STOCKS.items()]
    return f"""
        with piece as (
            select
                i.unit, i.desk, i.channel, i.state, i.standing, i.local_standing, i.is_end, i.piece, i.spell, i.spell_before, i.has_fee, i.is_paid_online,
                i.began_at, i.ended_at, r.as_of, {", ".join(f"t.{trait}" for trait in TRAITS)}
            from core.fct_dossier_interval as i
            cross join valid.run as r
            left join core.dossier_trait as t on t.system = i.system and t.code = i.code
            where i.unit in ({listed}) or i.desk in ({listed})
        ),
        moment as (
            select p.*, true as began, cast(p.began_at as date) as day from piece as p where p.began_at < p.as_of
            union all
            select p.*, false, cast(p.ended_at as date) from piece as p where p.ended_at < p.as_of
        ),
        placed as (
            select m.*, 'resolving' as role, m.unit as place from moment as m
            union all
            select m.*, 'receiving', m.desk from moment as m
        ),
        counted as (
            select place as unit, day, role, channel, {", ".join(counted)}
            from placed where place in ({listed}) group by place, day, role, channel
        )
        select unit, day, role, channel, {", ".join(f"sum({name}) as {name}" for name in measures)}
        from (
            select unit, day, role, channel, {", ".join(measures)} from counted
            union all
            select unit, day, role, channel, {", ".join(f"-{name}" for name in measures)} from measures.dossier_daily where unit in ({listed})
        ) as compared
        group by unit, day, role, channel
        having {" or ".join(f"sum({name}) <> 0" for name in measures)}
        order by unit, day, role, channel"""


def _differing_procedures(units: Sequence[str]) -> str:
    """Unit, month and procedure whose receptions, settlements or working time are not what is stored. The units are parameters, three times."""
    listed = in_list(units)
    counts = ["received", "received_online", "settled", "seconds"]
    return f"""
        select unit, month, procedure
        from (
            select
                i.unit, cast(date_trunc('month', i.began_at) as date) as month, i.procedure, 1 as received, case when i.channel = 'online' then 1 else 0 end as received_online,
                0 as settled, 0 as seconds
            from core.fct_dossier_interval as i cross join valid.run as r
            where i.piece = 1 and i.began_at < r.as_of and i.unit in ({listed})
            union all
            select t.unit, cast(date_trunc('month', t.received_at) as date), t.procedure, 0, 0, 1, t.seconds
            from core.dossier_time as t cross join valid.run as r
            where t.ended_at < r.as_of and t.unit in ({listed})
            union all
            select unit, cast(date_trunc('month', block) as date), procedure, {", ".join(f"-{count}" for count in counts)}
            from measures.procedure_block where unit in ({listed})
        ) as compared
        group by unit, month, procedure
        having {" or ".join(f"sum({count}) <> 0" for count in counts)}
        order by unit, month, procedure"""
