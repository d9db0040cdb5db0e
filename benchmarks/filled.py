"""A warehouse that is full already, on either engine, and files with changes for the day after.

Belongs here: filling it once (it is kept in benchmarks/work), copies of it, and what offices would deliver next. Does not: running and measuring what follows.
Which rows change is chosen by the dossiers' codes, so they are the same each time.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import duckdb

from benchmarks import postgres
from benchmarks.data import LAST_DAY, make
from benchmarks.measuring import SEAL_KEY, WORK, console, run_pipeline
from benchmarks.post import DATE_FORMAT, FOLDER, SERVED

NIGHT = LAST_DAY + timedelta(days=1)
RECENT_DAYS, RECENT_SHARE = 45, 0.8


@dataclass(frozen=True)
class Filled:
    """A project, a home folder, and a warehouse: a file in the home, or a database of a server."""

    project: Path
    home: Path
    server: postgres.Server | None = None

    @property
    def variables(self) -> dict[str, str]:
        """The environment of a run on it."""
        url = {} if self.server is None else {"QN_WAREHOUSE_URL": self.server.url_of(self.home.name)}
        return {"QN_HOME": str(self.home), "QN_SEAL_KEY": SEAL_KEY} | url

    def copy(self, name: str) -> "Filled":
        """The same once more, in place of an older one of that name."""
        copied = Filled(self.project, self.home.with_name(f"{self.home.name}-{name}"), self.server)
        shutil.rmtree(copied.home, ignore_errors=True)
        shutil.copytree(self.home, copied.home)
        if self.server is not None:
            self.server.make(copied.home.name, self.home.name)
        return copied


def filled(dossiers: int, server: postgres.Server | None = None) -> Filled:
    """All days of the made data in a warehouse, unless they are there already."""
    project = WORK / f"project-{dossiers}"
    make(project, dossiers)
    remove_changes(project)
    there = Filled(project, WORK / f"night-{'postgres' if server else 'duckdb'}-{dossiers}", server)
    marker, made = there.home / "full", (project / "made.json").read_text(encoding="utf-8")
    if not marker.is_file() or marker.read_text(encoding="utf-8") != made or (server and not server.has(there.home.name)):
        if server is not None:
            server.make(there.home.name)
        run = run_pipeline(project, there.home, there.variables)
        console.print(f"filled with {dossiers:,} dossiers: {run.cpu:.1f} s CPU, {run.wall:.1f} s wall, {run.peak_mb:,} MB", highlight=False)
        marker.write_text(made, encoding="utf-8")
    return there


@contextmanager
def warehouses(engine: str) -> Iterator[postgres.Server | None]:
    """The server of an engine that needs one."""
    if engine == "postgres":
        with postgres.running() as server:
            yield server
    else:
        yield None


def remove_changes(project: Path) -> None:
    """No file of the day after is there any more."""
    for file in project.glob(f"data/*/*_{NIGHT:%Y%m%d}*.csv"):
        file.unlink()


def elsewhere(work: Callable[..., object], *arguments: object) -> None:
    """Do something in a process of its own: a child's peak memory begins with that of the process that starts it."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        pool.submit(work, *arguments).result()


def write_night(project: Path, rows: int) -> None:
    """All that a night brings: changed dossiers, and the post's work on them."""
    dossiers = project / "data" / "dossiers" / f"ho_so_{NIGHT:%Y%m%d}.csv"
    midnight = datetime(NIGHT.year, NIGHT.month, NIGHT.day)  # noqa: DTZ001 -- local and naive
    elsewhere(write_dossiers, project, [(dossiers, midnight)], rows)
    elsewhere(write_post, dossiers, project / FOLDER / f"buu_dien_{NIGHT:%Y%m%d}.csv")


def write_dossiers(project: Path, files: Sequence[tuple[Path, datetime]], rows: int) -> None:
    """Dossiers that were told before, each with a newer version of its file's moment, which has ended or has another kind of result.

    80 of 100 are of dossiers received in the last 45 days, while there are any. Each file has so many rows, and dossiers that no other one has.
    """
    told = f"read_csv('{project}/data/dossiers/ho_so_202[23]*.csv', all_varchar = true, header = true)"
    with duckdb.connect(config={"temp_directory": str(WORK / "spill")}) as con:
        con.execute("set enable_progress_bar = false")
        con.execute(
            f"""create table newest as
            select * exclude (place) from (
                select *, row_number() over (partition by trim("Mã hồ sơ") order by strptime("Cập nhật", '{DATE_FORMAT}') desc) as place from {told}
                where "Ngày tiếp nhận" is not null and "Đơn vị giải quyết" is not null and "Mã hồ sơ" like '000%' and try_strptime("Ngày tiếp nhận", '{DATE_FORMAT}') is not null
            ) where place = 1;
            create table chosen as
            with dated as (select *, strptime("Ngày tiếp nhận", '{DATE_FORMAT}') >= date '{NIGHT}' - {RECENT_DAYS} as is_recent, md5("Mã hồ sơ") as chance from newest),
            placed as (select *, row_number() over (partition by is_recent order by "Trạng thái" in ('7', '8', '9', '10'), chance) as place from dated)
            select * exclude (is_recent, place), row_number() over (order by place / case when is_recent then {RECENT_SHARE} else {1 - RECENT_SHARE:.1f} end, chance) as turn
            from placed"""
        )
        for number, (file, moment) in enumerate(files):
            con.execute(
                f"""copy (
                    select * exclude (chance, turn) replace (
                        case when "Ngày kết thúc" is null then '9' else "Trạng thái" end as "Trạng thái",
                        coalesce("Ngày kết thúc", '{moment:{DATE_FORMAT}}') as "Ngày kết thúc",
                        '{moment:{DATE_FORMAT}}' as "Cập nhật", case when "KQ điện tử" = '1' then '0' else '1' end as "KQ điện tử"
                    )
                    from chosen where (turn - 1) // {rows} = {number} order by chance
                ) to '{file}' (header)"""
            )


def write_post(dossiers: Path, file: Path) -> None:
    """The night's post at the desks that it serves: for as many as two dossiers in ten of a file the result was scanned, for two it was handed out."""
    with duckdb.connect() as con:
        con.execute(
            f"""copy (
                with told as (
                    select "Mã hồ sơ" as code, "Bộ phận tiếp nhận" as desk, try_cast(regexp_extract("Bộ phận tiếp nhận", '^000[.]00[.]([0-9]+)', 1) as integer) as i, count(*) over () as dossiers
                    from read_csv('{dossiers}', all_varchar = true, header = true)
                ),
                -- Where clerks of the post sit, and of which office they are, as in the years before.
                dossier as (
                    select u.*, 560000 + 100 * greatest(u.i - 20, 0) as office, row_number() over (order by md5('post' || u.code)) as place from told as u where {SERVED}
                ),
                piece as (
                    select *, place * 5 <= dossiers as scans, timestamp '{NIGHT}' + to_seconds(27000 + (place * 7919) % 32400) as began
                    from dossier where place * 5 <= dossiers * 2
                )
                select printf('BD-%d-n', place) as "Mã lượt", code as "Mã hồ sơ", desk as "Đơn vị", office as "Bưu cục", printf('048%09d', place % 80) as "Nhân viên",
                       case when scans then 'Số hóa' else 'Trả kết quả' end as "Loại việc", case when scans then 'Kết quả' end as "Đối tượng", strftime(began, '{DATE_FORMAT}') as "Bắt đầu",
                       strftime(began + interval 5 minute, '{DATE_FORMAT}') as "Kết thúc", case when scans then 1 + place % 6 end as "Số trang", case when scans then 1 end as "Số tệp",
                       case when scans then 'Có' end as "Ký số", 'Hoàn thành' as "Kết quả"
                from piece order by place
            ) to '{file}' (header)"""
        )
