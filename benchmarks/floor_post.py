"""The floor's post: its log landed, checked, and each piece of work matched with its dossier.

The definitions are those of docs/feeds.md: a code as typed is compared without regard to case, spaces, separators, O for 0 and which end of the agency comes first; then
desk and moment are asked; of what is not settled by that, dossiers with codes one or two edits away are weighed by points. Left out is what the made log cannot
hold: levels of the agency that were left out, codes without any separator, corrections of a file, and letters of a wrong code's other spellings.
"""

from benchmarks.floor_common import Floor, boolean, broken_bits, clean, coded, integer, moment, quoted, sealed, stopping, text, told_rules

HEADER = (
    "Mã lượt",
    "Mã hồ sơ",
    "Đơn vị",
    "Bưu cục",
    "Nhân viên",
    "Loại việc",
    "Đối tượng",
    "Bắt đầu",
    "Kết thúc",
    "Số trang",
    "Số tệp",
    "Ký số",
    "Kết quả",
)
COLUMNS = {
    "code": "Mã lượt",
    "kind": "Loại việc",
    "office": "Bưu cục",
    "unit": "Đơn vị",
    "dossier_as_typed": "Mã hồ sơ",
    "scanned": "Đối tượng",
    "began_at": "Bắt đầu",
    "ended_at": "Kết thúc",
    "clerk_id": "Nhân viên",
    "pages": "Số trang",
    "files": "Số tệp",
    "signed": "Ký số",
    "outcome": "Kết quả",
}
CODES = {
    "kind": {"Hướng dẫn": "guide", "Tiếp nhận": "receive", "Số hóa": "digitize", "Trả kết quả": "return"},
    "scanned": {"Thành phần": "components", "Kết quả": "result"},
    "outcome": {"Hoàn thành": "done", "Lỗi": "failed"},
}
TIMES, INTEGERS = ("began_at", "ended_at"), ("pages", "files")
PAGES_A_MINUTE = 240

# As in floor_dossiers.
RULES: dict[str, tuple[str, str, bool]] = {
    "code_missing": ("code", "code is null", False),
    "kind_missing": ("kind", "raw_kind is null", False),
    "office_missing": ("office", "office is null", False),
    "began_at_missing": ("began_at", "raw_began_at is null", False),
    **{f"{name}_unknown_code": (name, f"raw_{name} is not null and {name} is null", False) for name in CODES},
    **{f"{name}_unreadable": (name, f"raw_{name} is not null and {name} is null", False) for name in (*TIMES, *INTEGERS, "signed")},
    "began_at_out_of_range": ("began_at", "began_at < date '2000-01-01'", False),
    **{f"{name}_out_of_range": (name, f"{name} < 0 or {name} > 20000", False) for name in INTEGERS},
    **{f"{name}_in_future": (name, f"{name} >= day + 1", False) for name in TIMES},
    "work_ended_before_begun": ("ended_at", "ended_at < began_at", False),
    "work_doubled": ("code", "false", True),
    "dossier_missing": ("dossier_as_typed", "dossier_as_typed is null and kind <> 'guide'", True),
    "digitized_without_pages": (
        "pages",
        "kind = 'digitize' and coalesce(outcome, 'done') = 'done' and (raw_pages is null or pages = 0) and coalesce(files, 0) = 0",
        True,
    ),
    "pages_of_other_work": ("pages", "kind = 'guide' and (pages > 0 or files > 0)", True),
    "scanned_of_other_work": ("scanned", "scanned is not null and kind <> 'digitize'", True),
    "pages_many": ("pages", "pages between 3001 and 20000", True),
    "files_over_pages": ("files", "files > pages and pages > 0", True),
    "signed_without_file": ("signed", "signed and files = 0", True),
    "pages_too_fast": (
        "pages",
        f"ended_at >= began_at and pages > {PAGES_A_MINUTE} * (date_diff('second', began_at, ended_at) // 60 + 1)",
        True,
    ),
    "work_too_long": ("ended_at", "ended_at > began_at + interval 10 hour", True),
}

SPELLING = "trim(replace(regexp_replace(upper(typed), '[^A-Z0-9]+', '.', 'g'), 'O', '0'), '.')"
FROM_SMALL = r"^([0-9]{3})\.([0-9]{2})\.([0-9]{2})\.([A-Z][0-9]{2})\.([0-9]{6})\.0*([0-9]+)$"
FROM_LARGE = r"^([A-Z][0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[0-9]{3})\.([0-9]{6})\.0*([0-9]+)$"
# A code from large to small, as fct_dossier.dossier has it.
CANONICAL = rf"case when typed[1] between '0' and '9' then regexp_replace(typed, '{FROM_SMALL}', '\4.\3.\2.\1-\5-\6') else regexp_replace(typed, '{FROM_LARGE}', '\1-\2-\3') end"

# How the moment of the work p lies to that of the dossier d which goes with it.
UNIT_FIT = "case when p.told_unit is null then 'untold' when p.told_unit = d.receiving_unit or p.told_unit = d.resolving_unit then 'agrees' else 'differs' end"
DAY = "p.began_at::date"
FILED = "coalesce(d.submitted_at, d.received_at)::date"
DONE_AT = "coalesce(p.ended_at, p.began_at)"


def _held(shop: str) -> str:
    return f"""case when {shop} between p.began_at and {DONE_AT} then 'within' when {shop} between p.began_at - interval 10 minute and {DONE_AT} + interval 15 minute then 'near'
        when {shop}::date = {DAY} then 'day' when {DAY} - {shop}::date between -1 and 1 then 'days' when {DAY} < {FILED} then 'before' else 'off' end"""


def _followed(shop: str) -> str:
    return f"""case when p.began_at between {shop} and {shop} + interval 45 minute then 'within'
        when p.began_at between {shop} - interval 10 minute and {shop} + interval 150 minute then 'near'
        when {shop}::date = {DAY} then 'day' when {DAY} - {shop}::date between 1 and 3 then 'days' else 'off' end"""


TIME_FIT = f"""case when p.work <> 'receive' and {DAY} < {FILED} then 'before'
    when p.work = 'receive' and d.received_at is not null then {_held("d.received_at")}
    when p.work = 'return' and d.returned_at is not null then {_held("d.returned_at")}
    when p.work = 'digitize_components' and d.received_at is not null then {_followed("d.received_at")}
    when p.work = 'digitize_result' and d.ended_at is not null then {_followed("d.ended_at")}
    when p.work = 'return' and {DAY} - d.ended_at::date between 0 and 30 then 'unknown'
    when p.work = 'guide' and {DAY} - {FILED} between 0 and 30 then 'unknown'
    when p.work in ('receive', 'digitize_components') then 'unknown' else 'off' end"""
FITS = "(time_fit in ('within', 'unknown') or (time_fit = 'near' and work <> 'digitize_components')) and unit_fit <> 'differs'"
MEETING = "work in ('receive', 'return')"
POINTS = f"""100 - case when edits is null then 0 when edits = 0 then 12 when edits = 1 then 35 else 55 end
    - case unit_fit when 'agrees' then 0 when 'untold' then 5 else 22 end
    - case time_fit when 'within' then 0 when 'near' then 8 when 'unknown' then 20 when 'before' then 60
        when 'day' then case when {MEETING} then 28 else 26 end when 'days' then case when {MEETING} then 34 else 32 end else case when {MEETING} then 50 else 40 end end
    - case when is_claimed then 30 else 0 end - case when edits is null or is_served then 0 else 12 end"""
# Codes without separators, look-alikes as digits.
EVEN = "translate({code}, 'ILBSZ.-', '11852')"
# Work, the dossier's moment, and the days from that of the work on which it may lie.
WINDOWS = {
    ("receive", "received_at"): (-1, 1),
    ("return", "returned_at"): (-1, 1),
    ("return", "ended_untold"): (-30, 0),
    ("digitize_components", "received_at"): (-3, 0),
    ("digitize_result", "ended_at"): (-3, 0),
    ("guide", "filed_at"): (-30, 0),
}
SHOP = {"ended_untold": "case when d.returned_at is null then d.ended_at end", "filed_at": "coalesce(d.submitted_at, d.received_at)"}


def land_post(floor: Floor) -> None:
    """CSV to one Parquet file, clerks sealed."""
    files = sorted((floor.project / "data" / "post").glob("buu_dien_*.csv"))
    kept = ", ".join(f"{sealed(source) if name == 'clerk_id' else quoted(source)} as raw_{name}" for name, source in COLUMNS.items())
    types = ", ".join(f"{text(name)}: 'VARCHAR'" for name in HEADER)
    floor.run(
        f"""copy (select filename as file, {kept}
                  from read_csv([{", ".join(text(file) for file in files)}], columns = {{{types}}}, header = true, auto_detect = false, filename = true))
            to '{floor.work}/landed_post.parquet';
            create temp table post_file as
            select file, {text("data/post/")} || parse_filename(file) as name, strptime(parse_filename(file)[10:17], '%Y%m%d')::date as day, min(file_row_number) as first_place
            from read_parquet('{floor.work}/landed_post.parquet', file_row_number = true) group by file"""
    )


def validate_post(floor: Floor) -> None:
    """Typed pieces with a bit a broken rule; those that broke one, told rule by rule."""
    cleaned = ", ".join("raw_clerk_id" if name == "clerk_id" else f"{clean(name)} as raw_{name}" for name in COLUMNS)
    typed = ", ".join(f"{_typed(name)} as {name}" for name in COLUMNS)
    floor.run(
        f"""create temp table piece_row as
            with text as (select file_row_number as place, file, {cleaned} from read_parquet('{floor.work}/landed_post.parquet', file_row_number = true)),
            typed as (select place, f.name as file, f.day, place - f.first_place + 2 as line, text.* exclude (place, file), {typed} from text join post_file as f using (file))
            select place, file, day, line, {", ".join(COLUMNS)}, {broken_bits(RULES)} as broken from typed;
            insert into quarantine
            select 'postal_events', c.file, c.line, c.day, c.code, null, r.rule, r.column_name, case when r.stays then 'warn' else 'quarantine' end
            from piece_row as c join {told_rules(RULES)} on (c.broken >> r.bit) & 1 = 1 where c.broken <> 0"""
    )


def match(floor: Floor) -> None:
    """fct_postal_event: pieces with the dossier that each is of, and how that was found."""
    _exact(floor)
    _near(floor)
    floor.run(
        f"""create temp table choice as
            with served as (
                select work, dossier, count(*) as pieces from exact where {FITS} and is_single and outcome = 'done' and work <> 'guide' group by all
            ),
            works as (select dossier, count(*) as works from served group by dossier),
            weighed as (
                select p.*, p.outcome = 'done' and coalesce(c.pieces, 0) > p.own_pieces as is_claimed, coalesce(s.works, 0) > (c.pieces is not null)::integer as is_served
                from possible as p left join served as c using (work, dossier) left join works as s using (dossier)
            ),
            scored as (select *, {POINTS} as points from weighed),
            ranked as (
                select *, row_number() over better as place, points - lead(points) over better as margin, count(*) filter (edits is null) over (partition by code) as codes,
                    bool_or(edits is not null and not is_claimed and points >= 30) over (partition by code) as has_near
                from scored where edits is null or points > 15
                window better as (partition by code order by points desc, edits nulls first, dossier)
            ),
            best as (
                select *, case when edits is null then points >= 45 and coalesce(margin >= 30 or points - margin < 30, true)
                    else points >= 30 and not is_claimed and coalesce(margin >= case when codes = 0 then 15 else 22 end, true) end as is_taken
                from ranked where place = 1
            ),
            -- What several doubtful pieces of one work take, only one that is clearly better has.
            contested as (
                select *, row_number() over rivals as rival, points - lead(points) over rivals as lead from best
                window rivals as (partition by work, dossier, is_taken, outcome order by points desc, edits nulls first, code)
            )
            select code, dossier, case when is_taken and edits is null then 'exact'
                when is_taken and (work = 'guide' or outcome <> 'done' or (rival = 1 and coalesce(lead >= 15, true))) then 'approximate'
                when is_taken or has_near or codes > 1 then 'ambiguous' when codes = 1 then 'contradicted' else 'unmatched' end as match
            from contested;
            create table fct_postal_event as
            with decided as (
                select p.*, case when p.dossier_as_typed is null then 'missing' when s.code is not null then 'exact' else coalesce(c.match, 'unmatched') end as match,
                       coalesce(s.dossier, c.dossier) as best
                from piece as p left join (select code, dossier from exact where is_settled) as s using (code) left join choice as c using (code)
            )
            select {text("buu_dien")} as system, e.code, e.kind, e.office, coalesce(e.told_unit, d.receiving_unit, d.resolving_unit, {text("000.00.00.H47")}) as unit,
                   e.dossier_as_typed, e.scanned, e.began_at, e.ended_at, e.clerk_id, e.pages, e.files, e.signed, e.outcome, e.match, d.code as dossier_code
            from decided as e left join fct_dossier as d on d.code = e.best and e.match in ('exact', 'approximate');
            drop table exact; drop table piece; drop table possible; drop table choice"""
    )


def _exact(floor: Floor) -> None:
    """piece: work as it is told; exact: that whose code is a dossier's, and whether anything else is to be asked."""
    floor.run(
        f"""create temp table piece as
            select * exclude (place, file, day, line, unit, broken) replace (coalesce(outcome, 'done') as outcome), unit as told_unit,
                   case when kind = 'digitize' then 'digitize_' || coalesce(scanned, 'components') else kind end as work
            from piece_row, run where broken & {stopping(RULES)} = 0 and began_at < as_of;
            drop table piece_row;
            -- Most were typed as the shop prints them.
            create temp table spelt as
            with open as (select p.code, p.dossier_as_typed as typed from piece as p anti join fct_dossier as d on d.code = p.dossier_as_typed where p.dossier_as_typed is not null),
            spelling as (select code, {SPELLING} as typed from open)
            select code, typed, {CANONICAL} as canonical from spelling;
            create temp table exact as
            with found as (
                select p.code, d.code as dossier from piece as p join fct_dossier as d on d.code = p.dossier_as_typed
                union all
                select s.code, d.code from spelt as s join fct_dossier as d on d.dossier = s.canonical
            ),
            hit as (
                select p.*, d.code as dossier, d.dossier as canonical, {TIME_FIT} as time_fit, {UNIT_FIT} as unit_fit, d.receiving_unit, d.resolving_unit
                from found as f join piece as p using (code) join fct_dossier as d on d.code = f.dossier
            ),
            shared as (select dossier, work from hit where {FITS} and outcome = 'done' and work <> 'guide' group by all having count(*) > 1),
            fitting as (
                select code, dossier, work, case time_fit when 'within' then 0 when 'near' then 2 else 4 end + (unit_fit <> 'agrees')::integer as distance
                from hit semi join shared using (dossier, work) where {FITS} and outcome = 'done'
            ),
            ordered as (
                select code, rank() over (partition by dossier, work order by distance) as place, count(*) over (partition by dossier, work, distance) as equals from fitting
            )
            -- A running number is of one dossier alone, so no code is that of two.
            select h.*, true as is_single, {FITS} and (o.code is null or (o.place = 1 and o.equals = 1)) as is_settled from hit as h left join ordered as o using (code)"""
    )


def _near(floor: Floor) -> None:
    """possible: dossiers that work of which the code does not settle it may be of: those with the code, and those with one like it at the desk about the day."""
    asked = " union ".join(
        f"""select p.code, d.code as dossier from fct_dossier as d join (
            select code, unit, began_at::date + unnest(range({first}, {last + 1}))::integer as day from placed where work = '{work}'
        ) as p on p.unit = d.{unit} and p.day = ({SHOP.get(shop, shop)})::date"""
        for (work, shop), (first, last) in WINDOWS.items()
        for unit in ("receiving_unit", "resolving_unit")
    )
    floor.run(
        f"""create temp table possible as
            with open as (
                select p.code, p.work, p.office, p.told_unit, p.began_at, p.ended_at, p.outcome, coalesce(x.canonical, s.canonical) as canonical
                from piece as p left join spelt as s using (code) left join exact as x using (code)
                where p.dossier_as_typed is not null and not coalesce(x.is_settled, false)
            ),
            office_unit as (
                select office, told_unit as unit from piece where told_unit is not null
                union select office, receiving_unit from exact where time_fit in ('within', 'near') and receiving_unit is not null
                union select office, resolving_unit from exact where time_fit in ('within', 'near')
            ),
            placed as (
                select o.*, coalesce(o.told_unit, u.unit) as unit from open as o left join office_unit as u on o.told_unit is null and u.office = o.office
            ),
            pair as ({asked}),
            timely as (
                select p.*, {EVEN.format(code="p.canonical")} as typed, d.code as dossier, {EVEN.format(code="d.dossier")} as other, {TIME_FIT} as time_fit, {UNIT_FIT} as unit_fit
                from pair as q join open as p using (code) join fct_dossier as d on d.code = q.dossier where p.canonical <> d.dossier and abs(length(p.canonical) - length(d.dossier)) <= 2
            ),
            measured as (select *, damerau_levenshtein(typed, other) as edits from timely where time_fit not in ('off', 'before') and unit_fit <> 'differs')
            select code, work, outcome, dossier, null as edits, time_fit, unit_fit, ({FITS} and outcome = 'done')::integer as own_pieces from exact where not is_settled
            union all
            select code, work, outcome, dossier, edits, time_fit, unit_fit, 0 from measured where edits <= 2;
            drop table spelt"""
    )


def _typed(name: str) -> str:
    raw = f"raw_{name}"
    if name in TIMES:
        return moment(raw)
    if name in INTEGERS:
        return integer(raw)
    if name in CODES:
        return coded(raw, CODES[name])
    if name == "signed":
        return boolean(f"case {raw} when 'Có' then 'true' when 'Không' then 'false' else {raw} end")
    return raw
