"""The post's log of the made project: what its clerks do at the desks that they work at, for 0.4 pieces a dossier.

Belongs here: the pieces as SQL over the tables of `benchmarks.data`, and how a project reads them. Does not: the dossiers.
A month's file holds the work that began in it. Each piece lies about the shop's moment, as clerks work. Of a thousand codes, fifteen are spelt otherwise (small
letters, spaces, the agency from large to small), three have a wrong digit, one is another office's reference, two are missing; guides have none in half the cases. Two pieces in a
hundred failed, a few are logged again some seconds later, and one in a hundred names no desk.
"""

from datetime import date
from typing import Any

DATE_FORMAT = "%d/%m/%Y %H:%M:%S"
SOURCE = "buu_dien"
FOLDER = "data/post"
KINDS = {"Hướng dẫn": "guide", "Tiếp nhận": "receive", "Số hóa": "digitize", "Trả kết quả": "return"}
MAPPING: dict[str, Any] = {
    "columns": {
        "code": "Mã lượt",
        "kind": {"from": "Loại việc", "codes": KINDS},
        "office": "Bưu cục",
        "unit": "Đơn vị",
        "dossier_as_typed": "Mã hồ sơ",
        "scanned": {"from": "Đối tượng", "codes": {"Thành phần": "components", "Kết quả": "result"}},
        "began_at": {"from": "Bắt đầu", "format": DATE_FORMAT},
        "ended_at": {"from": "Kết thúc", "format": DATE_FORMAT},
        "clerk_id": "Nhân viên",
        "pages": "Số trang",
        "files": "Số tệp",
        "signed": {"from": "Ký số", "codes": {"Có": "true", "Không": "false"}},
        "outcome": {"from": "Kết quả", "codes": {"Hoàn thành": "done", "Lỗi": "failed"}},
    }
}
SETTINGS = {"entity": "postal_events", "files": f"{FOLDER}/buu_dien_{{day}}.csv", "delivers": "changes", "mapping": "mappings/postal_events.yaml"}
# Which desks the post works at: those of the departments, and of every other district.
SERVED = "u.i <= 20 or (u.i <= 38 and u.i % 2 = 0)"
# Of a hundred dossiers received there, those that pass through its clerks' hands.
HANDLED = 27


def contracts(since: date) -> list[dict[str, Any]]:
    """What is paid for: posts at the departments' desks, dossiers and pages at the districts'. The prices are invented."""
    common = {"post": "Bưu điện tỉnh", "valid_from": since, "basis": "Quyết định số 2114/QĐ-UBND ngày 12/8/2022 (giá mô phỏng)"}
    return [
        {
            "name": "Các sở",
            "desks": [f"000.00.{place:02}.H47" for place in range(1, 21)],
            **common,
            "prices": [{"per": "post_month", "amount": 7_500_000}],
        },
        {
            "name": "Các huyện",
            "desks": [f"000.00.{place:02}.H47" for place in range(22, 39, 2)],
            **common,
            "prices": [
                {"per": "dossier", "kind": "receive", "amount": 5_000},
                {"per": "dossier", "kind": "return", "amount": 3_000},
                {"per": "page", "kind": "digitize", "amount": 400},
            ],
        },
    ]


def pieces(last_day: date) -> str:
    """SQL of the table `post_row`: file_day, the piece's code, and a row of a file. Over `dossier`, `unit` and `chance` of benchmarks.data."""
    return f"""
    create table post_row as
    with handled as (
        select d.i, d.code as dossier, d.desk, d.received, d.ended, d.ended + to_seconds(d.return_days * 86400 + 5400) as returned, d.fate,
               d.return_days < 8 as is_returned, 560000 + 100 * (case when u.i <= 20 then 0 else u.i - 20 end) as office, 1 + chance(d.i, 'files', 5) as files
        from dossier as d join unit as u on u.code = d.desk
        where ({SERVED}) and d.fate not in ('new', 'refused') and chance(d.i, 'post', 100) < {HANDLED}
    ),
    -- Of each dossier: what was done for it, when, and the pages and files of what was scanned.
    job as (
        select *, 0 as job, 'Tiếp nhận' as kind, received - to_seconds(60 + chance(i, 'before-0', 600)) as began, received + to_seconds(60 + chance(i, 'after-0', 600)) as done, null as scanned, null as pages
        from handled where chance(i, 'receives', 100) < 95
        union all
        select *, 1, 'Số hóa', received + to_seconds(120 + chance(i, 'before-1', 2400)), received + to_seconds(2600 + files * 60 + chance(i, 'after-1', 600)), 'Thành phần', files * (1 + chance(i, 'pages', 8))
        from handled where chance(i, 'scans', 100) < 60
        union all
        select * replace (1 as files), 2, 'Số hóa', ended + to_seconds(180 + chance(i, 'before-2', 2400)), ended + to_seconds(2600 + chance(i, 'after-2', 300)), 'Kết quả', 1 + chance(i, 'sheets', 6)
        from handled where fate = 'settled' and chance(i, 'results', 100) < 50
        union all
        select *, 3, 'Trả kết quả', returned - to_seconds(60 + chance(i, 'before-3', 300)), returned + to_seconds(60 + chance(i, 'after-3', 300)), null, null
        from handled where fate = 'settled' and is_returned and chance(i, 'returns', 100) < 90
        union all
        select *, 4, 'Hướng dẫn', received + to_seconds(900 + chance(i, 'before-4', 600)), received + to_seconds(1800 + chance(i, 'after-4', 600)), null, null
        from handled where chance(i, 'guides', 100) < 30
    ),
    numbered as (select *, printf('BD-%09d-%d', i, job) as number, chance(i, 'spelt-' || job, 1000) as spelt, chance(i, 'post-' || job, 1000) as luck from job where began < timestamp '{last_day}'),
    told as (
        select * exclude (again) replace (number || case when again > 0 then '-2' else '' end as number, began + to_seconds(again) as began, done + to_seconds(again) as done)
        from (select *, unnest(case when job in (0, 3) and luck < 3 then [0, 20] else [0] end) as again from numbered)
    )
    select last_day(began) as file_day, number as "Mã lượt",
           case when spelt < 5 then lower(dossier) when spelt < 10 then replace(replace(dossier, '.', ' '), '-', ' ')
                when spelt < 15 then regexp_replace(dossier, '^(...)\\.(..)\\.(..)\\.(H47)', '\\4.\\3.\\2.\\1')
                -- The last digit of the day: running numbers are unique, so it is no other dossier's code.
                when spelt < 18 and job < 4 then dossier[1:-10] || cast((cast(dossier[-9:-9] as integer) + 1 + chance(i, 'digit', 9)) % 10 as varchar) || dossier[-8:]
                when spelt < 19 and job < 4 then 'CV ' || i || '/UBND-VP'
                when spelt < 21 or (job = 4 and luck >= 500) then null
                else dossier end as "Mã hồ sơ",
           case when spelt not between 21 and 30 then desk end as "Đơn vị", office as "Bưu cục", printf('048%09d', office + chance(i, 'clerk', 4)) as "Nhân viên", kind as "Loại việc", scanned as "Đối tượng",
           strftime(began, '{DATE_FORMAT}') as "Bắt đầu", strftime(done, '{DATE_FORMAT}') as "Kết thúc", pages as "Số trang", case when pages is not null then files end as "Số tệp",
           case when pages is not null then case when chance(i, 'signed', 100) < 85 then 'Có' else 'Không' end end as "Ký số", case when luck between 100 and 119 then 'Lỗi' else 'Hoàn thành' end as "Kết quả", began
    from told"""
