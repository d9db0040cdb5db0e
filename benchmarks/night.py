"""What a night costs on a warehouse that is full already: the same changed rows on two sizes of it.

    python -m benchmarks.night [DOSSIERS ...] [--rows 20000] [--runs 1]

Fills a warehouse with each number of dossiers (once; it is kept in benchmarks/work), then runs the night after on a copy of it: a file with so many
changed rows, 80 of 100 of dossiers received in the last 45 days, and a file of the post's work on them, 0.4 pieces a row. Tells CPU and wall seconds, peak memory, the longest dbt models, and how many times the
smaller one's CPU the larger one took. Which rows the night brings is chosen by the dossiers' codes, so it is the same each time.
"""

import argparse
import shutil
import statistics
import sys
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

import duckdb
from rich.table import Table

from benchmarks.data import LAST_DAY, make
from benchmarks.measuring import COSTS, SEAL_KEY, WORK, Run, console, measure, model_seconds, run_pipeline
from benchmarks.post import DATE_FORMAT, FOLDER

NIGHT = LAST_DAY + timedelta(days=1)
RECENT_DAYS, RECENT_SHARE = 45, 0.8
SHOWN = 14


def write_night(project: Path, rows: int) -> Path:
    """The file of the night: dossiers that were told before, each with a newer version that has ended, or has another kind of result."""
    file = project / "data" / "dossiers" / f"ho_so_{NIGHT:%Y%m%d}.csv"
    recent = round(rows * RECENT_SHARE)
    told = f"read_csv('{project}/data/dossiers/ho_so_202*.csv', all_varchar = true, header = true)"
    with duckdb.connect() as con:
        con.execute(
            f"""create table newest as
            select * exclude (place) from (
                select *, row_number() over (partition by trim("Mã hồ sơ") order by strptime("Cập nhật", '%d/%m/%Y %H:%M:%S') desc) as place from {told}
                where "Ngày tiếp nhận" is not null and "Đơn vị giải quyết" is not null and "Mã hồ sơ" like '000%' and try_strptime("Ngày tiếp nhận", '%d/%m/%Y %H:%M:%S') is not null
            ) where place = 1"""
        )
        con.execute(
            f"""create table chosen as
            select *, strptime("Ngày tiếp nhận", '%d/%m/%Y %H:%M:%S') >= date '{NIGHT}' - {RECENT_DAYS} as is_recent, md5("Mã hồ sơ") as chance from newest;
            copy (
                select * exclude (is_recent, chance, place) replace (
                    case when "Ngày kết thúc" is null then '9' else "Trạng thái" end as "Trạng thái",
                    coalesce("Ngày kết thúc", '{NIGHT:%d/%m/%Y} 00:00:00') as "Ngày kết thúc",
                    '{NIGHT:%d/%m/%Y} 00:00:00' as "Cập nhật", case when "KQ điện tử" = '1' then '0' else '1' end as "KQ điện tử"
                )
                from (select *, row_number() over (partition by is_recent order by "Trạng thái" in ('7', '8', '9', '10'), chance) as place from chosen)
                where place <= case when is_recent then {recent} else {rows - recent} end
                order by chance
            ) to '{file}' (header)"""
        )
    return file


def write_post(project: Path, rows: Path) -> Path:
    """The file of the night's post: for two dossiers in ten of the night the result was scanned, for two it was handed out."""
    file = project / FOLDER / f"buu_dien_{NIGHT:%Y%m%d}.csv"
    with duckdb.connect() as con:
        con.execute(
            f"""copy (
                with dossier as (
                    select "Mã hồ sơ" as code, "Bộ phận tiếp nhận" as desk, row_number() over (order by md5('post' || "Mã hồ sơ")) as place, count(*) over () as dossiers
                    from read_csv('{rows}', all_varchar = true, header = true)
                ),
                piece as (
                    select *, place * 5 <= dossiers as scans, timestamp '{NIGHT}' + to_seconds(27000 + (place * 7919) % 32400) as began
                    from dossier where place * 5 <= dossiers * 2
                )
                select printf('BD-%d-n', place) as "Mã lượt", code as "Mã hồ sơ", desk as "Đơn vị", '560000' as "Bưu cục", printf('048%09d', place % 80) as "Nhân viên",
                       case when scans then 'Số hóa' else 'Trả kết quả' end as "Loại việc", case when scans then 'Kết quả' end as "Đối tượng", strftime(began, '{DATE_FORMAT}') as "Bắt đầu",
                       strftime(began + interval 5 minute, '{DATE_FORMAT}') as "Kết thúc", case when scans then 1 + place % 6 end as "Số trang", case when scans then 1 end as "Số tệp",
                       case when scans then 'Có' end as "Ký số", 'Hoàn thành' as "Kết quả"
                from piece order by place
            ) to '{file}' (header)"""
        )
    return file


def write_files(project: Path, rows: int) -> list[Path]:
    """All that the night brings."""
    dossiers = write_night(project, rows)
    return [dossiers, write_post(project, dossiers)]


def full_home(project: Path, dossiers: int) -> Path:
    """A home folder in which all days of the data are."""
    home = WORK / f"night-{dossiers}"
    marker = home / "full"
    if not marker.is_file():
        run = run_pipeline(project, home)
        console.print(f"filled with {dossiers:,} dossiers: {run.cpu:.1f} s CPU, {run.wall:.1f} s wall, {run.peak_mb:,} MB")
        marker.touch()
    return home


def run_night(project: Path, home: Path) -> tuple[Run, dict[str, float]]:
    """The night on a copy of the home folder."""
    copy = home.with_name(home.name + "-night")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(home, copy)
    command = [str(Path(sys.executable).parent / "qn"), "run", "--project", str(project), "--date", str(NIGHT)]
    return measure(command, {"QN_HOME": str(copy), "QN_SEAL_KEY": SEAL_KEY}, copy.with_suffix(".log")), model_seconds(copy)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("dossiers", nargs="*", type=int, default=[100_000, 1_000_000])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=1)
    arguments = parser.parse_args()
    costs: dict[int, list[Run]] = {}
    models: dict[int, dict[str, float]] = {}
    for dossiers in arguments.dossiers:
        project = WORK / f"project-{dossiers}"
        make(project, dossiers)
        for file in project.glob(f"data/*/*_{NIGHT:%Y%m%d}.csv"):
            file.unlink()
        home = full_home(project, dossiers)
        # Elsewhere: a child's peak memory begins with that of the process that starts it.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            files = pool.submit(write_files, project, arguments.rows).result()
        for _ in range(arguments.runs):
            run, models[dossiers] = run_night(project, home)
            costs.setdefault(dossiers, []).append(run)
        for file in files:
            file.unlink()
    table = Table(title=f"A night of {arguments.rows:,} changed rows", title_justify="left")
    for heading in ("dossiers", *COSTS):
        table.add_column(heading, justify="right")
    for dossiers, runs in costs.items():
        table.add_row(f"{dossiers:,}", *(f"{statistics.median(what(run) for run in runs):,.1f}" for what in COSTS.values()))
    console.print(table)
    for dossiers, seconds in models.items():
        longest = sorted(seconds.items(), key=lambda item: -item[1])[:SHOWN]
        console.print(f"dbt on {dossiers:,}: " + ", ".join(f"{name.removeprefix('model.qn.')} {value:.2f}" for name, value in longest))
    smallest, *_, largest = arguments.dossiers if len(arguments.dossiers) > 1 else arguments.dossiers * 2
    console.print(
        f"CPU of the largest to the smallest: {statistics.median(r.cpu for r in costs[largest]) / statistics.median(r.cpu for r in costs[smallest]):.2f}"
    )


if __name__ == "__main__":
    main()
