"""A made project for the benchmark: two years of dossiers and of the post's work in monthly files, and the reference data they name.

    python -m benchmarks.data FOLDER [DOSSIERS]

The same number of dossiers gives the same bytes on every machine: what looks like chance is the MD5 of a dossier's number. A month's file
holds the dossiers in which something happened that month, as they stand at its end, so a dossier has 1.3 rows on average. Among them:
dossiers that never end, late, withdrawn and stopped ones; rows told again unchanged; older versions that arrive late; names in decomposed
Unicode; and one row in a thousand that must not pass the door. The units are a province's: 20 departments, 18 districts, 242 communes; three dossiers in
ten are resolved by departments, as many by districts. What the post does is in `benchmarks.post`.
"""

import argparse
import hashlib
import json
from datetime import date
from pathlib import Path

import duckdb
import yaml

from benchmarks import post

PROVINCE_CODE, PROVINCE_NAME = "000.00.00.H47", "Tỉnh Quảng Nam"
FIRST_DAY, LAST_DAY = date(2022, 1, 1), date(2023, 12, 31)
DAYS = 700  # from FIRST_DAY on, in which dossiers are received
DEPARTMENTS, DISTRICTS, COMMUNES, PROCEDURES = 20, 18, 242, 1800
SEED = "2022"
DATE_FORMAT = "%d/%m/%Y %H:%M:%S"
MADE = "made.json"

MAPPINGS = {
    "dossiers": {
        "columns": {
            "code": "Mã hồ sơ",
            "procedure": "Mã TTHC",
            "receiving_unit": "Bộ phận tiếp nhận",
            "resolving_unit": "Đơn vị giải quyết",
            "channel": {"from": "Kênh", "codes": {"Trực tiếp": "direct", "Trực tuyến": "online", "Bưu điện": "post"}},
            "status": "Trạng thái",
            "submitted_at": {"from": "Ngày nộp", "format": DATE_FORMAT},
            "received_at": {"from": "Ngày tiếp nhận", "format": DATE_FORMAT},
            "due_at": {"from": "Ngày hẹn trả", "format": DATE_FORMAT},
            "ended_at": {"from": "Ngày kết thúc", "format": DATE_FORMAT},
            "returned_at": {"from": "Ngày trả", "format": DATE_FORMAT},
            "online_level": {"from": "Mức độ", "default": "Không", "codes": {"Không": "none", "Một phần": "partial", "Toàn trình": "full"}},
            "components_digitized": "Số hóa",
            "components_reused": "Tái sử dụng",
            "result_digitized": "KQ điện tử",
            "fee": "Lệ phí",
            "online_payment": {"from": "Thanh toán", "codes": {"0": "none", "1": "national", "2": "local"}},
            "satisfaction": {"from": "Đánh giá", "codes": {"Rất hài lòng": "very_good", "Hài lòng": "good", "Không hài lòng": "bad"}},
            "applicant_kind": {"from": "Đối tượng", "codes": {"CN": "citizen", "DN": "enterprise", "CQ": "agency"}},
            "applicant_id": "Số định danh",
            "updated_at": {"from": "Cập nhật", "format": DATE_FORMAT},
        },
        "ignore": ["Họ và tên"],
    },
    "units": {
        "columns": {
            "code": "Mã đơn vị",
            "name": "Tên đơn vị",
            "level": {"from": "Cấp", "codes": {"Sở": "department", "Huyện": "district", "Xã": "commune"}},
            "parent": "Mã cấp trên",
        }
    },
    "procedures": {
        "columns": {
            "code": "ma",
            "name": "ten",
            "field_code": "ma_linh_vuc",
            "field_name": "linh_vuc",
            "online_level": {"from": "muc_do", "default": "Không", "codes": {"Không": "none", "Một phần": "partial", "Toàn trình": "full"}},
        },
        # With limits the pipeline would recompute missing due dates, which the script does not.
        "ignore": ["thoi_han", "don_vi_tinh"],
    },
    "postal_events": post.MAPPING,
}
SOURCES = {
    "one_stop_shop": {"entity": "dossiers", "files": "data/dossiers/ho_so_{day}*.csv", "delivers": "changes", "mapping": "mappings/dossiers.yaml"},
    "don_vi": {"entity": "units", "files": "data/reference/don_vi.csv", "delivers": "snapshot", "mapping": "mappings/units.yaml"},
    "thu_tuc": {"entity": "procedures", "files": "data/reference/thu_tuc.csv", "delivers": "snapshot", "mapping": "mappings/procedures.yaml"},
    post.SOURCE: post.SETTINGS,
}

# chance(i, salt, n): a whole number from 0 to n - 1, the same for the same i and salt. rare(i, n): small ones oftener than large ones.
CHANCE = f"""
    create macro chance(i, salt, n) as cast(md5_number_lower('{SEED}-' || salt || '-' || i) % n as bigint);
    create macro rare(i, n) as chance(i, 'procedure', n) * chance(i, 'rare', n) // n"""

# A commune's code is that of its district with a number before it.
ABOVE = DEPARTMENTS + DISTRICTS
REFERENCE = f"""
    create table unit as
    select i, case when i <= {ABOVE} then printf('000.00.%02d.H47', i) else printf('000.%02d.%02d.H47', 1 + (i - {ABOVE} - 1) // {DISTRICTS}, {DEPARTMENTS} + 1 + i % {DISTRICTS}) end as code,
           case when i <= {DEPARTMENTS} then 'Sở' when i <= {ABOVE} then 'Huyện' else 'Xã' end as level,
           case when i > {ABOVE} then printf('000.00.%02d.H47', {DEPARTMENTS} + 1 + i % {DISTRICTS}) end as parent
    from range(1, {ABOVE + COMMUNES + 1}) as t(i);
    create table procedure as
    select i, printf('%d.%06d', 1 + i % 3, (i * 7919) % 1000000) as code, 3 + chance(i, 'limit', 18) as time_limit, chance(i, 'level', 3) as level
    from range({PROCEDURES}) as t(i)"""

# A dossier's life. Times are local; `place` decides which way it goes.
DOSSIERS = f"""
    create table dossier as
    with drawn as (
        select i, timestamp '{FIRST_DAY}' + to_days(cast(i * {DAYS} // $dossiers as integer)) + to_seconds(27000 + chance(i, 'second', 32400)) as received,
               1 + case when chance(i, 'level', 10) < 3 then chance(i, 'unit', {DEPARTMENTS}) when chance(i, 'level', 10) < 6 then {DEPARTMENTS} + chance(i, 'unit', {DISTRICTS})
                        else {ABOVE} + chance(i, 'unit', {COMMUNES}) end as unit,
               chance(i, 'way', 1000) as way, chance(i, 'late', 100) as late, chance(i, 'person', 1 + $dossiers * 2 // 5) as person
        from range($dossiers) as t(i)
    ),
    -- A department has procedures of its own, districts have the same, and so have communes; in each, some are asked for far more often than others.
    asked as (
        select *, case when unit <= {DEPARTMENTS} then (unit - 1) * 60 + rare(i, 60) when unit <= {ABOVE} then 1200 + rare(i, 300) else 1500 + rare(i, 300) end as procedure
        from drawn
    ),
    timed as (
        select d.*, u.code as unit_code, printf('%s-%s-%07d', u.code, strftime(received, '%y%m%d'), d.i) as code,
               -- What a commune resolves is received at its own desk, or at the district's.
               case when chance(d.i, 'desk', 5) = 0 then coalesce(u.parent, u.code) else u.code end as desk, p.code as procedure_code, p.level,
               case when chance(d.i, 'due', 50) > 0 then received + to_days(cast(p.time_limit as integer)) end as due,
               received + to_seconds(3600 + case when late < 6 then p.time_limit * 86400 + chance(d.i, 'over', 864000) else chance(d.i, 'work', p.time_limit * 86400 - 7200) end) as ended,
               chance(d.i, 'return', 9) as return_days,
               -- Nothing is filed online that has no service online.
               case when p.level = 0 and chance(d.i, 'channel', 16) // 6 = 1 then 0 else least(2, chance(d.i, 'channel', 16) // 6) end as channel,
               chance(d.i, 'fee', 5) * 15000 as fee
        from asked as d join unit as u on u.i = d.unit join procedure as p on p.i = d.procedure
    )
    select *, case when way < 90 then 'running' when way < 93 then 'new' when way < 97 then 'refused' when way < 117 then 'withdrawn' when way < 127 then 'stopped' else 'settled' end as fate
    from timed"""

# What happens to a dossier and when: status and the instant. A file tells the last thing of its month.
VERSIONS = f"""
    create table version as
    with happening as (
        select i, 4 as status, received as moment from dossier where fate not in ('new', 'refused')
        union all select i, case fate when 'new' then 1 else 3 end, received from dossier where fate in ('new', 'refused')
        union all select i, 5, ended from dossier where fate = 'running' and way < 25
        union all select i, case fate when 'withdrawn' then 7 when 'stopped' then 8 else 9 end, ended from dossier where fate in ('withdrawn', 'stopped', 'settled')
        union all select i, 10, ended + to_seconds(return_days * 86400 + 5400) from dossier where fate = 'settled' and return_days < 8
    ),
    told as (
        select i, status, moment, moment + to_seconds(60 + chance(i, 'typed', 600)) as updated, last_day(moment) as file_day
        from happening where moment < timestamp '{LAST_DAY}'
        qualify row_number() over (partition by i, last_day(moment) order by moment desc) = 1
    ),
    -- What is told again must be the last thing that happened: an open dossier told after its end would be a re-opening.
    newest as (select * from (select * from told qualify row_number() over (partition by i order by moment desc) = 1) where file_day < date '{LAST_DAY}')
    select i, 'told' as kind, status, moment, updated, file_day from told
    union all
    -- The same content again, a month later and with a newer stamp only.
    select i, 'again', status, moment, updated + interval 20 day, last_day(file_day + interval 3 day) from newest
    where chance(i, 'again', 50) = 0 and updated + interval 20 day < last_day(file_day + interval 3 day)
    union all
    -- The first version arrives after the newest.
    select i, 'old', 2, received, received, last_day(n.file_day + interval 3 day) from newest as n join dossier as d using (i)
    where fate in ('settled', 'running') and chance(i, 'old', 300) = 0
    union all
    -- Between two good tellings of the same content, a row that does not pass.
    select i, 'bad', status, moment, updated + interval 1 minute, file_day from newest where i % 10007 = 5
    union all
    select i, 'again', status, moment, updated + interval 2 minute, last_day(file_day + interval 3 day) from newest where i % 10007 = 5"""

ROWS = f"""
    create table source_row as
    with judged as (
        select v.*, d.* exclude (i), case kind when 'bad' then 1 else chance(v.i || '/' || file_day, 'bad', 6000) end as flaw,
               chance(v.i, 'spelling', 200) as spelling, status in (7, 8, 9, 10) as has_ended
        from version as v join dossier as d using (i)
    )
    select file_day, updated, i,
           case flaw when 0 then 'HS-' || i else code end
               || case when spelling = 0 then ' ' else '' end as "Mã hồ sơ",
           procedure_code as "Mã TTHC", desk as "Bộ phận tiếp nhận", case when flaw <> 2 then unit_code end as "Đơn vị giải quyết",
           case when flaw = 1 then 'Zalo' when spelling = 1 and channel = 1 then 'Trư' || chr(803) || 'c tuyê' || chr(769) || 'n' else list_extract(['Trực tiếp', 'Trực tuyến', 'Bưu điện'], 1 + channel) end as "Kênh",
           status as "Trạng thái",
           strftime(received - to_seconds(chance(i, 'before', 4) * 3600) + case when flaw = 10 then interval 1 day else interval 0 day end, '{DATE_FORMAT}') as "Ngày nộp",
           case when flaw = 3 then '31/02/2022 08:00:00' when fate not in ('new', 'refused') then strftime(received, '{DATE_FORMAT}') end as "Ngày tiếp nhận",
           case when fate not in ('new', 'refused') then strftime(due, '{DATE_FORMAT}') end as "Ngày hẹn trả",
           case when flaw = 4 and has_ended then strftime(received - interval 1 day, '{DATE_FORMAT}') when has_ended and flaw <> 5 then strftime(ended, '{DATE_FORMAT}') end as "Ngày kết thúc",
           case when status = 10 then strftime(ended + to_seconds(return_days * 86400 + 5400), '{DATE_FORMAT}') end as "Ngày trả",
           list_extract([null, 'Một phần', 'Toàn trình'], 1 + level) as "Mức độ",
           chance(i, 'digitized', 2) as "Số hóa", chance(i, 'reused', 8) // 7 as "Tái sử dụng", case when has_ended then chance(i, 'result', 2) end as "KQ điện tử",
           case when flaw = 6 then '15.000' else cast(fee as varchar) end as "Lệ phí",
           case when fee = 0 then 0 else chance(i, 'payment', 3) end as "Thanh toán",
           case when status = 10 and chance(i, 'vote', 4) = 0 then list_extract(['Rất hài lòng', 'Hài lòng', 'Không hài lòng'], 1 + chance(i, 'voted', 20) // 9) end as "Đánh giá",
           list_extract(['CN', 'CN', 'CN', 'DN', 'CQ'], 1 + person % 5) as "Đối tượng",
           printf(case when spelling < 100 then '049%09d' else '049 %09d' end, person) as "Số định danh",
           'Người nộp ' || person as "Họ và tên",
           strftime(updated, '{DATE_FORMAT}') as "Cập nhật"
    from judged"""


def make(folder: Path, dossiers: int) -> None:
    """Make the project, unless the folder holds just that already."""
    wanted = {"dossiers": dossiers, "maker": hashlib.sha256(b"".join(Path(file).read_bytes() for file in (__file__, post.__file__))).hexdigest()}
    marker = folder / MADE
    if marker.is_file() and json.loads(marker.read_text(encoding="utf-8")) == wanted:
        return
    marker.unlink(missing_ok=True)
    for part in ("data/dossiers", post.FOLDER, "data/reference", "mappings"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    _write_settings(folder)
    with duckdb.connect(config={"preserve_insertion_order": True}) as con:
        con.execute(CHANCE)
        con.execute(REFERENCE)
        con.execute(DOSSIERS, {"dossiers": dossiers})
        con.execute(VERSIONS)
        con.execute(ROWS)
        con.execute(post.pieces(LAST_DAY))
        _write_files(con, folder / "data")
    marker.write_text(json.dumps(wanted), encoding="utf-8")


def _write_settings(folder: Path) -> None:
    for name, mapping in MAPPINGS.items():
        _write_yaml(folder / "mappings" / f"{name}.yaml", mapping)
    province = {"code": PROVINCE_CODE, "name": PROVINCE_NAME}
    _write_yaml(
        folder / "qn.yaml",
        {"province": province, "profile": "vietnam", "start": FIRST_DAY, "sources": SOURCES, "post": {"contracts": post.contracts(FIRST_DAY)}},
    )


def _write_yaml(file: Path, settings: object) -> None:
    file.write_text(yaml.safe_dump(settings, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _write_files(con: duckdb.DuckDBPyConnection, data: Path) -> None:
    for (day,) in con.execute("select distinct file_day from source_row order by 1").fetchall():
        file = data / "dossiers" / f"ho_so_{day:%Y%m%d}.csv"
        con.execute(
            f"copy (select * exclude (file_day, updated, i) from source_row where file_day = date '{day}' order by updated, i, \"Kênh\") to '{file}' (header)"
        )
    for (day,) in con.execute("select distinct file_day from post_row order by 1").fetchall():
        file = data.parent / post.FOLDER / f"buu_dien_{day:%Y%m%d}.csv"
        con.execute(
            f"copy (select * exclude (file_day, began) from post_row where file_day = date '{day}' order by began, \"Mã lượt\") to '{file}' (header)"
        )
    con.execute(
        f"""copy (select code as "Mã đơn vị", 'Đơn vị ' || i as "Tên đơn vị", level as "Cấp", parent as "Mã cấp trên" from unit order by i)
            to '{data / "reference" / "don_vi.csv"}' (header);
            copy (select code as ma, 'Thủ tục ' || i as ten, printf('L%02d', i % 40) as ma_linh_vuc, 'Lĩnh vực ' || i % 40 as linh_vuc, time_limit as thoi_han,
                         'ngày làm việc' as don_vi_tinh, list_extract([null, 'Một phần', 'Toàn trình'], 1 + level) as muc_do from procedure order by i)
            to '{data / "reference" / "thu_tuc.csv"}' (header)"""
    )


def main() -> None:
    """Make a project from the command line."""
    parser = argparse.ArgumentParser(description="Make a project for the benchmark.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("dossiers", type=int, nargs="?", default=1_000_000)
    arguments = parser.parse_args()
    make(arguments.folder, arguments.dossiers)


if __name__ == "__main__":
    main()
