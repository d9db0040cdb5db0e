"""The floor's figures: what each day adds, by unit and channel, and what days, months, quarters and years come to.

Two families, as docs/figures.md tells them: dossiers, by the unit that resolves and by the desk that received, and the post's work. The figures are those of the
calendar that a dossier's life, its papers and the post's log are enough for; left out are other period sets, services, feedback, budgets, and the local
reading, which the made data make no other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.floor_common import PROVINCE, Floor, sums, text

ENDS = ("settled", "withdrawn", "stopped")
VERDICTS = ("early", "on_time", "late", "without_due")
STANDINGS = {"within": ("within", "early", "on_time"), "past": ("past", "late"), "without_due": ("without_due",)}
STOCKS = tuple(f"{stock}_{standing}" for stock in ("running", "paused") for standing in STANDINGS)
FLOWS: dict[str, str] = {
    "received": "is_reception",
    "received_online": "is_reception and channel = 'online'",
    "received_direct": "is_reception and channel = 'direct'",
    "received_post": "is_reception and channel = 'post'",
    "received_reused": "is_reception and components_reused",
    "received_components_digitized": "is_reception and components_digitized",
    "received_with_fee": "is_reception and has_fee",
    "received_paid_online": "is_reception and has_fee and is_paid_online",
    "received_through_post": "is_reception and post_received",
    "received_digitized_by_post": "is_reception and post_components",
    **{end: f"state = '{end}' and is_end" for end in ENDS},
    **{f"{end}_{verdict}": f"state = '{end}' and is_end and standing = '{verdict}'" for end in ENDS for verdict in VERDICTS},
    "settled_result_digitized": "state = 'settled' and is_end and result_digitized",
    "settled_digitized": "state = 'settled' and is_end and components_digitized and result_digitized",
    "settled_digitized_by_post": "state = 'settled' and is_end and post_result",
}
WORK: dict[str, str] = {
    **{
        f"work_{name}": f"is_done and kind = '{kind}'"
        for name, kind in (("guided", "guide"), ("received", "receive"), ("digitized", "digitize"), ("returned", "return"))
    },
    "work_failed": "not is_done",
    "work_unmatched": "kind <> 'guide' and dossier_code is null",
}
AMOUNTS = {"pages_scanned": "pages", "files_made": "files"}


@dataclass(frozen=True)
class Indicator:
    """Sums of measures; of all channels alone and not of days, unless told otherwise."""

    numerator: str
    denominator: str | None = None
    family: str = "resolving"
    by_channel: bool = False
    by_day: bool = False


def _flow(numerator: str, denominator: str | None = None) -> Indicator:
    return Indicator(numerator, denominator, by_channel=True, by_day=True)


def _desk(numerator: str, denominator: str = "received") -> Indicator:
    return Indicator(numerator, denominator, "receiving")


def _post(numerator: str) -> Indicator:
    return Indicator(numerator, family="post", by_day=True)


RUNNING, PAUSED = "running_within + running_past + running_without_due", "paused_within + paused_past + paused_without_due"
ENDED_IN_TIME = " + ".join(f"{end}_{verdict}" for end in ENDS for verdict in ("early", "on_time"))
INDICATORS: dict[str, Indicator] = {
    "dossiers_received": _flow("received"),
    "dossiers_settled": _flow("settled"),
    "dossiers_settled_early": _flow("settled_early"),
    "dossiers_settled_on_time": _flow("settled_on_time"),
    "dossiers_settled_late": _flow("settled_late"),
    "dossiers_settled_without_due": _flow("settled_without_due"),
    "on_time_share": _flow("settled_early + settled_on_time", "settled"),
    "dossiers_running": _flow(RUNNING),
    "dossiers_running_past": _flow("running_past"),
    "dossiers_paused": _flow(PAUSED),
    "dossiers_paused_past": Indicator("paused_past"),
    "dossiers_carried_over": Indicator(" + ".join(f"opening_{stock}" for stock in STOCKS), by_channel=True),
    "dossiers_withdrawn": Indicator("withdrawn"),
    "dossiers_stopped": Indicator("stopped"),
    "index_2_1": Indicator(
        f"{ENDED_IN_TIME} + running_within + paused_within", f"settled + withdrawn + stopped + {RUNNING} + {PAUSED}", by_channel=True
    ),
    "index_4_1": Indicator("settled_result_digitized", "settled"),
    "index_4_2": Indicator("settled_digitized", "settled"),
    "results_digitized_by_post_share": Indicator("settled_digitized_by_post", "settled"),
    "direct_share": _desk("received_direct"),
    "post_share": _desk("received_post"),
    "online_share": _desk("received_online"),
    "reception_digitized_share": _desk("received_components_digitized"),
    "index_3_6": _desk("received_paid_online", "received_with_fee"),
    "index_4_3": _desk("received_reused"),
    "through_post_share": _desk("received_through_post"),
    "reception_digitized_by_post_share": _desk("received_digitized_by_post"),
    "post_guided": _post("work_guided"),
    "post_received": _post("work_received"),
    "post_digitized": _post("work_digitized"),
    "post_returned": _post("work_returned"),
    "post_pages": _post("pages_scanned"),
    "post_files": _post("files_made"),
    "post_failed": _post("work_failed"),
    "post_unmatched": _post("work_unmatched"),
}
DOSSIER_MEASURES, POST_MEASURES = [*FLOWS, *STOCKS], [*WORK, *AMOUNTS]


def cells(floor: Floor) -> None:
    """What each day adds, by unit, desk and channel: pieces of lives that begin and end, and the post's work by day and unit."""
    adds = [f"count(*) filter (sign = 1 and {condition}) as {name}" for name, condition in FLOWS.items()]
    adds += [
        f"coalesce(sum(sign) filter (state = '{stock}' and standing in ({', '.join(map(text, standings))})), 0)::bigint as {stock}_{standing}"
        for stock in ("running", "paused")
        for standing, standings in STANDINGS.items()
    ]
    worked = [f"count(*) filter ({condition}) as {name}" for name, condition in WORK.items()]
    worked += [f"coalesce(sum({amount}) filter (is_done), 0)::bigint as {name}" for name, amount in AMOUNTS.items()]
    floor.run(
        f"""create temp table cell as
            with post as (
                select dossier_code as code, bool_or(kind = 'receive') as post_received, bool_or(kind = 'digitize' and coalesce(scanned, 'components') = 'components') as post_components,
                       bool_or(kind = 'digitize' and scanned = 'result') as post_result
                from fct_postal_event where dossier_code is not null and outcome = 'done' group by all
            ),
            event as (
                select code, began_at::date as day, unit, desk, channel, state, standing, is_end, has_fee, is_paid_online, 1 as sign, piece = 1 as is_reception from fct_dossier_interval where has_begun
                union all
                select code, ended_at::date, unit, desk, channel, state, standing, false, false, false, -1, false from fct_dossier_interval where is_over
            ),
            trait as (select code, components_digitized, components_reused, result_digitized, post_received, post_components, post_result from fct_dossier left join post using (code))
            select day, unit, desk, channel, {", ".join(adds)}
            from event as e left join trait as t on t.code = e.code and (e.is_reception or e.is_end)
            group by day, unit, desk, channel;
            create temp table work_cell as
            select began_at::date as day, unit, {", ".join(worked)} from (select *, outcome = 'done' as is_done from fct_postal_event) group by all"""
    )


def values(floor: Floor) -> None:
    """Cells of every unit and those above it, by day, month, quarter and year, one row an indicator."""
    _units(floor)
    channels = "coalesce(c.channel, 'all')"
    for family, unit, channel, groups in (
        ("resolving", "unit", channels, "(day, a.ancestor, c.channel), (day, a.ancestor)"),
        ("receiving", "desk", "'all'", "(day, a.ancestor)"),
    ):
        floor.run(
            f"""create temp table {family}_day as
                select day, a.ancestor as unit, {channel} as channel, {sums(*DOSSIER_MEASURES)}
                from cell as c join ancestor as a on a.unit = c.{unit} group by grouping sets ({groups})"""
        )
        _periods(floor, family, list(FLOWS), STOCKS)
    floor.run(
        f"""create temp table post_day as
            select day, a.ancestor as unit, 'all' as channel, {sums(*POST_MEASURES)} from work_cell as c join ancestor as a on a.unit = c.unit group by all"""
    )
    _periods(floor, "post", POST_MEASURES, ())
    counted = " union all ".join(
        f"select grain, day, unit, channel, unnest([{_structs(chosen)}], recursive := true) from {family}_period where {shown}"
        for family in ("resolving", "receiving", "post")
        for shown, chosen in _shown(family).items()
        if chosen
    )
    ratios = ", ".join(text(name) for name, indicator in INDICATORS.items() if indicator.denominator)
    floor.run(
        f"""create table indicator_values as
            with counted as ({counted})
            select indicator, 'calendar' as period_set, grain, day as period_start, unit, channel, numerator, denominator,
                   case when indicator not in ({ratios}) then numerator::decimal(20, 2)
                        when denominator > 0 then ((numerator * 20000 + denominator) // (2 * denominator))::decimal(18, 0) * 0.01::decimal(3, 2) end as value,
                   as_of
            from counted, run"""
    )


def _units(floor: Floor) -> None:
    """ancestor: each unit with itself and those above it; units that only rows name stand under the province."""
    floor.run(
        f"""create temp table unit as
            with declared as (
                select "Mã đơn vị" as code, nullif("Mã cấp trên", '') as parent from unit_row where "Mã đơn vị" <> '{PROVINCE}'
            ),
            named as (
                select unnest([unit, desk]) as code from cell union select unit from work_cell
            )
            select '{PROVINCE}' as code, null as parent
            union all select code, case when parent in (select code from declared) then parent else '{PROVINCE}' end from declared
            union all select code, '{PROVINCE}' from named where code not in (select code from declared) and code <> '{PROVINCE}';
            create temp table ancestor as
            with recursive chain as (
                select code as unit, code as ancestor, parent from unit
                union all
                select c.unit, u.code, u.parent from chain as c join unit as u on u.code = c.parent
            )
            select unit, ancestor from chain"""
    )


def _periods(floor: Floor, family: str, flows: Sequence[str], stocks: Sequence[str]) -> None:
    """`family`_period: days on which something happened, and from a unit's first one on all months, quarters and years; stocks at their ends and beginnings."""
    measures = [*flows, *stocks]
    stocked = "".join(
        f", (sum({stock}) over life)::bigint as {stock}, (sum({stock}) over life)::bigint - {stock} as opening_{stock}" for stock in stocks
    )
    window = "window life as (partition by grain, unit, channel order by day rows unbounded preceding)" if stocks else ""
    floor.run(
        f"""create temp table {family}_period as
            with span as (select unit, channel, min(day) as first_day from {family}_day group by all),
            grain as (select unnest(['month', 'quarter', 'year']) as grain),
            period as (
                select 'day' as grain, day, unit, channel, {", ".join(measures)} from {family}_day
                union all
                select grain, day, unit, channel, {sums(*measures)}
                from (
                    select grain, date_trunc(grain, day)::date as day, unit, channel, {", ".join(measures)} from {family}_day, grain
                    union all
                    select grain, t.day::date, unit, channel, {", ".join("0" for _ in measures)}
                    from span, grain, run, unnest(generate_series(date_trunc(grain, first_day)::timestamp, as_of - interval 1 microsecond, ('1 ' || grain)::interval)) as t(day)
                ) group by all
            )
            select grain, day, unit, channel, {", ".join(flows)}{stocked} from period {window}"""
    )


def _shown(family: str) -> dict[str, list[str]]:
    """Which indicators of a family have rows, by the condition on the period's row."""
    own = {name: indicator for name, indicator in INDICATORS.items() if indicator.family == family}
    return {
        "grain <> 'day' and channel = 'all'": list(own),
        "grain <> 'day' and channel <> 'all'": [name for name, indicator in own.items() if indicator.by_channel],
        "grain = 'day' and channel = 'all'": [name for name, indicator in own.items() if indicator.by_day],
        "grain = 'day' and channel <> 'all'": [name for name, indicator in own.items() if indicator.by_day and indicator.by_channel],
    }


def _structs(names: Sequence[str]) -> str:
    return ", ".join(
        f"{{indicator: '{name}', numerator: {INDICATORS[name].numerator}, denominator: {INDICATORS[name].denominator or 'null::bigint'}}}"
        for name in names
    )
