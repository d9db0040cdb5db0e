"""The floor's dossiers: landed, checked, all their versions, the newest of each, and its life in intervals.

What it leaves out on purpose: other ways to deliver than `changes`, corrections of a file, files with lines that cannot be parsed (it stops), what
the made data cannot hold (characters NUL, deadlines without a time of day, years before 1900; of lives: re-openings, answered pauses, moves to another unit
or due date), and reading qn.yaml: the mapping is in the SQL below.
"""

from benchmarks.floor_common import Floor, boolean, broken_bits, clean, coded, integer, moment, quoted, sealed, stopping, text, told_rules

HEADER = (
    "Mã hồ sơ", "Mã TTHC", "Bộ phận tiếp nhận", "Đơn vị giải quyết", "Kênh", "Trạng thái", "Ngày nộp", "Ngày tiếp nhận", "Ngày hẹn trả", "Ngày kết thúc",
    "Ngày trả", "Mức độ", "Số hóa", "Tái sử dụng", "KQ điện tử", "Lệ phí", "Thanh toán", "Đánh giá", "Đối tượng", "Số định danh", "Họ và tên", "Cập nhật",
)  # fmt: skip
CODE = r"([0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2}|[A-Z][0-9]{2}(\.[0-9]{2}){0,3})-[0-9]{6}-[0-9]+(-[0-9]{6}-[0-9]{5})?"
COLUMNS = {
    "code": "Mã hồ sơ",
    "procedure": "Mã TTHC",
    "receiving_unit": "Bộ phận tiếp nhận",
    "resolving_unit": "Đơn vị giải quyết",
    "channel": "Kênh",
    "status": "Trạng thái",
    "submitted_at": "Ngày nộp",
    "received_at": "Ngày tiếp nhận",
    "due_at": "Ngày hẹn trả",
    "ended_at": "Ngày kết thúc",
    "returned_at": "Ngày trả",
    "online_level": "Mức độ",
    "components_digitized": "Số hóa",
    "components_reused": "Tái sử dụng",
    "result_digitized": "KQ điện tử",
    "fee": "Lệ phí",
    "online_payment": "Thanh toán",
    "satisfaction": "Đánh giá",
    "applicant_kind": "Đối tượng",
    "applicant_id": "Số định danh",
    "updated_at": "Cập nhật",
}
CODES = {
    "channel": {"Trực tiếp": "direct", "Trực tuyến": "online", "Bưu điện": "post"},
    "online_level": {"Không": "none", "Một phần": "partial", "Toàn trình": "full"},
    "online_payment": {"0": "none", "1": "national", "2": "local"},
    "satisfaction": {"Rất hài lòng": "very_good", "Hài lòng": "good", "Không hài lòng": "bad"},
    "applicant_kind": {"CN": "citizen", "DN": "enterprise", "CQ": "agency"},
}
TIMES = [name for name in COLUMNS if name.endswith("_at")]
BOOLEANS = ["components_digitized", "components_reused", "result_digitized"]
# What makes a new version when it changes: all but the key and the source's stamp.
CONTENT = [name for name in COLUMNS if name not in ("code", "updated_at")]

# Name: column, what breaks it over typed columns (raw_x is the cleaned text of x), whether the row stays in the figures.
RULES: dict[str, tuple[str, str, bool]] = {
    "code_missing": ("code", "code is null", False),
    "procedure_missing": ("procedure", "procedure is null", False),
    "resolving_unit_missing": ("resolving_unit", "resolving_unit is null", False),
    "channel_missing": ("channel", "raw_channel is null", False),
    "status_missing": ("status", "raw_status is null", False),
    **{f"{name}_unknown_code": (name, f"raw_{name} is not null and {name} is null", False) for name in [*CODES, "status"]},
    **{f"{name}_unreadable": (name, f"raw_{name} is not null and {name} is null", False) for name in [*TIMES, *BOOLEANS, "fee"]},
    "code_format": ("code", f"not regexp_full_match(code, '{CODE}')", False),
    "code_date_differs": (
        "code",
        "split_part(code, '-', 2) <> strftime(received_at, '%y%m%d') and regexp_matches(code, '^[^-]*-[0-9]{6}-')",
        True,
    ),
    "received_at_needed": ("received_at", "raw_received_at is null and status not in (1, 3)", False),
    "ended_at_needed": ("ended_at", "raw_ended_at is null and status in (7, 8, 9, 10)", False),
    "ended_at_while_running": ("ended_at", "ended_at is not null and status in (1, 2, 4, 5, 6)", True),
    "ended_before_received": ("ended_at", "ended_at < received_at", False),
    "due_before_received": ("due_at", "due_at < received_at", False),
    "returned_before_ended": ("returned_at", "returned_at < ended_at", True),
    "submitted_after_received": ("submitted_at", "submitted_at > received_at", True),
    **{f"{name}_in_future": (name, f"{name} >= day + 1", False) for name in ("received_at", "ended_at", "returned_at")},
    **{f"{name}_out_of_range": (name, f"{name} < date '2000-01-01'", False) for name in ("submitted_at", "received_at")},
    "due_at_out_of_range": ("due_at", "due_at < date '2000-01-01' or due_at >= date '2100-01-01'", False),
    "fee_out_of_range": ("fee", "fee < 0 or fee > 1000000000000", False),
    "fee_unusual": ("fee", "fee between 1000000001 and 1000000000000", True),
    "submitted_in_future": ("submitted_at", "submitted_at >= day + 1 and received_at is null", True),
    "returned_at_while_running": ("returned_at", "returned_at is not null and status in (1, 2, 4, 5, 6)", True),
    "returned_at_needed": ("returned_at", "raw_returned_at is null and status = 10", True),
    "received_at_while_new": ("received_at", "received_at is not null and status = 1", True),
    "due_too_far": ("due_at", "due_at > received_at + interval 10 year", False),
    "updated_in_future": ("updated_at", "updated_at >= day + 2", False),
    "online_level_of_channel": ("online_level", "channel = 'online' and online_level = 'none'", True),
    "paid_without_fee": ("fee", "online_payment in ('national', 'local') and (raw_fee is null or fee = 0)", True),
    "version_doubled": ("code", "false", True),
}

# The agency from large to small with all its levels, the running number without leading zeros: codes that kept the rule have this form.
DOSSIER = """(
    with part as (select string_split(split_part(c.code, '-', 1), '.') as levels)
    select array_to_string(case when length(levels[1]) = 3 then list_reverse(levels) else levels || list_value('00', '00', '000')[len(levels):] end, '.')
        || '-' || split_part(c.code, '-', 2) || '-' || split_part(c.code, '-', 3)::bigint
    from part)"""


def land(floor: Floor) -> None:
    """CSV to one Parquet file, in the order of the files' days: a row's place in it orders versions as files and lines do."""
    files = sorted((floor.project / "data" / "dossiers").glob("ho_so_*.csv"))
    kept = ", ".join(f"{sealed(source) if name == 'applicant_id' else quoted(source)} as raw_{name}" for name, source in COLUMNS.items())
    types = ", ".join(f"{text(name)}: 'VARCHAR'" for name in HEADER)
    floor.run(
        f"""copy (select filename as file, {kept}
                  from read_csv([{", ".join(text(file) for file in files)}], columns = {{{types}}}, header = true, auto_detect = false, filename = true))
            to '{floor.work}/landed.parquet';
            create temp table file as
            select file, {text("data/dossiers/")} || parse_filename(file) as name, strptime(parse_filename(file)[7:14], '%Y%m%d')::date as day, min(file_row_number) as first_place
            from read_parquet('{floor.work}/landed.parquet', file_row_number = true) group by file;
            create temp table run as select (max(day) + 1)::timestamp as as_of from file;
            create temp table unit_row as from read_csv({text(floor.project / "data" / "reference" / "don_vi.csv")}, all_varchar = true, header = true);
            copy (from read_csv({text(floor.project / "data" / "reference" / "thu_tuc.csv")}, all_varchar = true, header = true)) to '{floor.work}/procedures.parquet'"""
    )


def validate(floor: Floor) -> None:
    """Typed rows with a bit a broken rule; those that broke one, told rule by rule."""
    cleaned = ", ".join("raw_applicant_id" if name == "applicant_id" else f"{clean(name)} as raw_{name}" for name in COLUMNS)
    typed = ", ".join(f"{_typed(name)} as {name}" for name in COLUMNS)
    floor.run(
        f"""copy (
                with text as (select file_row_number as place, file, {cleaned} from read_parquet('{floor.work}/landed.parquet', file_row_number = true)),
                typed as (select place, file.name as file, file.day, place - file.first_place + 2 as line, text.* exclude (place, file), {typed} from text join file using (file))
                select place, file, day, line, {", ".join(COLUMNS)}, {broken_bits(RULES)} as broken from typed)
            to '{floor.work}/checked.parquet';
            create table quarantine as
            select 'dossiers' as entity, c.file, c.line as row_no, c.day, c.code as row_key, c.updated_at as version_at, r.rule, r.column_name,
                   case when r.stays then 'warn' else 'quarantine' end as severity
            from '{floor.work}/checked.parquet' as c join {told_rules(RULES)} on (c.broken >> r.bit) & 1 = 1
            where c.broken <> 0"""
    )


def versions(floor: Floor) -> None:
    """fct_dossier_version: all versions of each dossier, with the hash of the content and what told it from when until when.

    Content told again is the same version. Position is the order in which the source lived through them, version_no that in which they were known.
    """
    floor.run(
        f"""create temp table told as
            select code, place, day, file, updated_at, hash({", ".join(CONTENT)}) as content_hash from '{floor.work}/checked.parquet' where broken & {stopping(RULES)} = 0;
            -- Only what was told more than once has an order.
            create temp table retold as select code from told group by code having count(*) > 1;
            create temp table standing as
            with change as (
                select *, content_hash is distinct from lag(content_hash) over life as is_new
                from told semi join retold using (code) window life as (partition by code order by updated_at nulls first, place)
            ),
            placed as (select *, count(*) filter (is_new) over (partition by code order by updated_at nulls first, place rows unbounded preceding) as position from change),
            claim as (
                select code, position, min(content_hash) as content_hash, max(updated_at) as version_at, min(updated_at) as first_at, min(day) as told_on, max(day) as last_told_on, min(place) as place
                from placed group by code, position
            ),
            ended as (select *, min(told_on) over (partition by code order by position rows between 1 following and unbounded following) as known_to from claim)
            select code, row_number() over (partition by code order by known_to nulls last, position) as version_no, position, content_hash, version_at, first_at, told_on, last_told_on, known_to, place
            from ended
            union all
            select code, 1, 1, content_hash, updated_at, updated_at, day, day, null, place from told anti join retold using (code);
            drop table told;
            create table fct_dossier_version as
            select 'one_stop_shop' as system, c.code, {DOSSIER} as dossier, s.version_no, s.position, s.content_hash, s.version_at, s.first_at, s.told_on, s.last_told_on, s.told_on as known_from, s.known_to,
                   {", ".join(f"c.{name}" for name in CONTENT)}
            from '{floor.work}/checked.parquet' as c join standing as s using (place);
            drop table standing"""
    )


def newest(floor: Floor) -> None:
    """fct_dossier: each dossier's newest content, from the file that first told it; a later bad row makes it stale."""
    floor.run(
        f"""create table fct_dossier as
            with latest as (select * from fct_dossier_version where known_to is null),
            earlier as (select code, min(told_on) as told_on from fct_dossier_version where known_to is not null group by code),
            stale as (
                select distinct q.row_key as code from quarantine as q join latest as l on l.code = q.row_key
                where q.severity = 'quarantine' and (q.version_at > l.version_at or (coalesce(q.version_at = l.version_at, true) and q.day > l.last_told_on))
            )
            select c.system, c.code, c.dossier, true as is_counted, c.version_no, f.name as file,
                   case when c.status = 1 then 'new' when c.status = 3 then 'refused' when c.status in (5, 6) then 'paused' when c.status = 7 then 'withdrawn'
                        when c.status = 8 then 'stopped' when c.status in (9, 10) then 'settled' else 'running' end as state,
                   c.code in (select code from stale) as is_stale,
                   coalesce(coalesce(c.submitted_at, c.received_at)::date < least(c.told_on, e.told_on), false) as earlier_versions_unknown, {", ".join(f"c.{name}" for name in CONTENT)}
            from latest as c join file as f on f.day = c.known_from left join earlier as e using (code)"""
    )


def lives(floor: Floor) -> None:
    """fct_dossier_interval: lives in pieces, split at the second after which the limit is spent; the clock stands while papers or a payment are awaited.

    A life runs from reception to its pause or end. Its limit is spent at the due date, unless a pause began before: none of the made data is answered.
    A dossier that is paused was paused at the moment of which its newest version speaks.
    """
    columns = """'one_stop_shop' as system, code, dossier, {piece} as piece, 1 as spell, {state} as state, {cause} as cause, 'versions' as told_by, resolving_unit as unit,
        coalesce(receiving_unit, resolving_unit) as desk, channel, procedure, has_fee, is_paid_online, {began} as began_at, {ended} as ended_at, {began} < as_of as has_begun,
        coalesce({ended} < as_of, false) as is_over, {is_end} as is_end, {standing} as standing, {standing} as local_standing,
        {unit_before} as unit_before, {spell_before} as spell_before"""
    open_standing = "case when breached_at <= {began} then 'past' when due_at is null then 'without_due' else 'within' end"
    later = {"unit_before": "resolving_unit", "spell_before": "1"}
    first = columns.format(
        piece=1, state="'running'", cause="null", began="received_at", ended="case when is_split then breached_at else stopped_at end", is_end="false",
        standing=open_standing.format(began="received_at"), unit_before="null", spell_before="null",
    )  # fmt: skip
    past = columns.format(
        piece=2, state="'running'", cause="null", began="breached_at", ended="stopped_at", is_end="false", standing="'past'", **later,
    )  # fmt: skip
    pause = columns.format(
        piece="2 + is_split::integer", state="'paused'", cause="case status when 5 then 'supplement' else 'payment' end", began="stopped_at", ended="null::timestamp", is_end="false",
        standing=open_standing.format(began="stopped_at"), **later,
    )  # fmt: skip
    end = columns.format(
        piece="2 + is_split::integer", state="state", cause="null", began="stopped_at", ended="null::timestamp", is_end="true",
        standing="""case when breached_at <= stopped_at then 'late' when due_at is null then 'without_due'
            when stopped_at::date < due_at::date then 'early' else 'on_time' end""",
        **later,
    )  # fmt: skip
    floor.run(
        f"""create temp table life as
            with moved as (
                select d.*, coalesce(d.fee, 0) > 0 as has_fee, coalesce(d.online_payment, 'none') <> 'none' as is_paid_online, r.as_of,
                       case when d.state = 'paused' then greatest(v.first_at, d.received_at) when d.state <> 'running' then greatest(d.ended_at, d.received_at) end as stopped_at
                from fct_dossier as d join run as r on d.received_at < r.as_of
                left join fct_dossier_version as v on d.state = 'paused' and v.code = d.code and v.known_to is null
                where d.state <> 'new'
            ),
            due as (
                select *, case when state = 'paused' and stopped_at <= due_at then null else due_at + interval 1 second end as breached_at from moved
            )
            select *, coalesce(breached_at > received_at and (stopped_at is null or breached_at < stopped_at), false) as is_split from due;
            create table fct_dossier_interval as
            select {first} from life
            union all select {past} from life where is_split
            union all select {pause} from life where state = 'paused'
            union all select {end} from life where state not in ('running', 'paused');
            drop table life"""
    )


def _typed(name: str) -> str:
    raw = f"raw_{name}"
    if name in TIMES:
        return moment(raw)
    if name in BOOLEANS:
        return boolean(raw)
    if name == "status":
        return f"case when {raw} in ({', '.join(text(str(code)) for code in range(1, 11))}) then {raw}::bigint end"
    if name == "fee":
        return integer(raw)
    if name in CODES:
        others = {"agency": "agency", "other": "other"} if name == "applicant_kind" else {}
        return coded(f"coalesce({raw}, 'Không')" if name == "online_level" else raw, CODES[name] | others)
    return raw
