"""Random nights of dossiers, the post's log and complaints: what is kept of the post's work from night to night is what a build of everything makes."""

import random
from datetime import date
from pathlib import Path

import pytest

from qn_pipeline_tests.support import MOMENT, Pipeline, dossier, engine_environment, versioned, write_csv, write_project

NIGHTS = [date(2022, 7, day) for day in (11, 12, 13)]
AFTER, LAST = date(2022, 7, 14), date(2022, 7, 15)
HALLS = ["000.00.33.H47", "000.00.34.H47"]
EVENT = ["id", "kind", "office", "unit", "code", "scanned", "began", "ended", "pages", "files", "outcome"]
COLUMNS = ["code", "procedure", "unit", "channel", "status", "received", "due", "ended", "returned", "person", "updated"]
POST = {
    "columns": {
        "code": "id",
        "kind": "kind",
        "office": "office",
        "unit": "unit",
        "dossier_as_typed": "code",
        "scanned": "scanned",
        "began_at": {"from": "began", "format": MOMENT},
        "ended_at": {"from": "ended", "format": MOMENT},
        "pages": "pages",
        "files": "files",
        "outcome": "outcome",
    }
}
FEEDBACK = {
    "columns": {
        "code": "id",
        "kind": "kind",
        "unit": "unit",
        "status": "status",
        "dossier": "dossier",
        "received_at": {"from": "received", "format": MOMENT},
    }
}
UNITS = {"columns": {name: name for name in ("code", "name", "level", "parent")}}
CONTRACT = {
    "name": "Hợp đồng",
    "post": "Bưu điện",
    "desks": [HALLS[0]],
    "valid_from": "2022-01-01",
    "valid_to": "2022-12-31",
    "basis": "Quyết định",
    "prices": [{"per": "dossier", "kind": "receive", "amount": 3_000}, {"per": "page", "kind": "digitize", "amount": 500}],
}


def random_dossier(chance: random.Random, number: int, night: date) -> dict[str, object]:
    """A dossier of the first days of July, as it stands on a night: its number says when it was received."""
    received = f"2022-07-{4 + number % 5:02} {8 + number % 7:02}:{chance.choice(['00', '05'])}:00"
    ended = chance.choice(["", f"2022-07-{9 + number % 3:02} 10:{number % 60:02}:00"])
    unit = HALLS[number % 2] if chance.random() < 0.9 else HALLS[1 - number % 2]
    told = dossier(
        number,
        received,
        unit=unit,
        due="2022-07-20 17:00:00",
        ended=ended,
        status=9 if ended else 4,
        updated=f"{night} 01:00:00",
        channel=chance.choice(["direct", "post"]),
    )
    # The code says where the dossier was filed, whoever has it now.
    return told | {"code": f"{HALLS[number % 2]}-{received[2:10].replace('-', '')}-{number:04}", "returned": ""}


def random_piece(chance: random.Random, name: int, known: dict[int, dict[str, object]]) -> dict[str, object]:
    row = known[chance.choice(list(known))]
    code, kind = str(row["code"]), chance.choice(["receive", "digitize", "return", "guide"])
    typed = chance.choice(
        [
            code,
            code,
            code,
            code.lower(),
            code[:-1] + str(chance.randint(0, 9)),
            code[:-2] + code[-1] + code[-2],
            code.replace("0", "O", 1),
            "không rõ",
            "",
        ]
    )
    at = str(row["ended"] or row["received"]) if kind in ("return", "digitize") else str(row["received"])
    day = at[:10] if chance.random() < 0.8 else f"2022-07-{chance.randint(5, 11):02}"
    return {
        "id": name,
        "kind": kind,
        "office": chance.choice(["560000", "560001"]),
        "unit": chance.choice([row["unit"], row["unit"], HALLS[0], ""]),
        "code": typed,
        "scanned": chance.choice(["components", "result"]) if kind == "digitize" else "",
        "began": f"{day} {at[11:14]}{chance.choice(['00', '02', '30'])}:00",
        "ended": f"{day} {at[11:14]}{chance.choice(['31', '40'])}:00",
        "pages": chance.randint(0, 4),
        "files": chance.randint(0, 2),
        "outcome": chance.choice(["done", "done", "done", "failed"]),
    }


# Filed at the second hall, and typed with a wrong digit at an office of which no piece says where it works; on a later night one does.
FAR = dossier(50, "2022-07-04 08:00:00", unit=HALLS[1], due="2022-07-20 17:00:00", updated="2022-07-04 09:00:00", channel="post") | {
    "code": f"{HALLS[1]}-220704-0050",
    "returned": "",
}


def far_piece(night: date) -> list[dict[str, object]]:
    piece: dict[str, object] = dict.fromkeys(EVENT, "") | {
        "kind": "receive",
        "office": "560002",
        "outcome": "done",
        "began": "2022-07-04 08:00:00",
        "ended": "2022-07-04 08:10:00",
    }
    if night == NIGHTS[1]:
        return [piece | {"id": "far", "code": f"{HALLS[1]}-220704-0060"}]
    return [piece | {"id": "near", "unit": HALLS[1], "kind": "guide"}] if night == NIGHTS[2] else []


def write_units(folder: Path, day: date, parent: str) -> None:
    """Both units as a night tells them: the second is below `parent`, or below the province."""
    rows = [
        {"code": HALLS[0], "name": "Một", "level": "district", "parent": ""},
        {"code": HALLS[1], "name": "Hai", "level": "district", "parent": parent},
    ]
    write_csv(folder / f"data/units_{day}.csv", rows, list(rows[0]))


@pytest.mark.parametrize(("seed", "engine"), [(1, "duckdb"), (3, "postgres")])
def test_what_is_kept_of_the_posts_work_is_what_a_whole_build_makes(tmp_path: Path, request: pytest.FixtureRequest, seed: int, engine: str) -> None:
    chance = random.Random(seed)
    sources = {
        "desk": {"files": "data/desk_{day}.csv", "mapping": "versioned.yaml"},
        "post": {"entity": "postal_events", "system": "post", "files": "data/post_{day}.csv", "mapping": "post.yaml"},
        "don_vi": {"entity": "units", "system": "units", "files": "data/units_{day}.csv", "delivers": "snapshot", "mapping": "units.yaml"},
        "hotline": {"entity": "feedback", "system": "1022", "files": "data/feedback_{day}.csv", "mapping": "feedback.yaml"},
    }
    mapping = versioned()
    mapping["columns"]["returned_at"] = {"from": "returned", "format": MOMENT}
    with engine_environment(engine, request):
        folder = write_project(
            tmp_path / "p",
            sources,
            {"versioned.yaml": mapping, "post.yaml": POST, "feedback.yaml": FEEDBACK, "units.yaml": UNITS},
            post={"contracts": [CONTRACT]},
        )
        pipeline = Pipeline(folder)
        known: dict[int, dict[str, object]] = {}
        for night in NIGHTS:
            told = chance.sample(range(1, 41), 14)
            known |= {number: random_dossier(chance, number, night) for number in told}
            write_csv(folder / f"data/desk_{night}.csv", [*(known[number] for number in told), *([FAR] if night == NIGHTS[1] else [])], COLUMNS)
            # Names come by again: what was logged is corrected.
            pieces = [random_piece(chance, name, known) for name in chance.sample(range(60), 25)]
            write_csv(folder / f"data/post_{night}.csv", [*pieces, *far_piece(night)], EVENT)
            complaint = known[chance.choice(list(known))]
            contact = {
                "id": night,
                "kind": "complaint",
                "unit": HALLS[0],
                "status": "processing",
                "dossier": complaint["code"],
                "received": f"{night} 09:00:00",
            }
            write_csv(folder / f"data/feedback_{night}.csv", [contact], list(contact))
            write_units(folder, night, "")
            if night == NIGHTS[-1]:
                # A file of before, without some of its rows.
                write_csv(folder / f"data/post_{NIGHTS[0]}.csv", pieces[:10], EVENT)
            pipeline.run(*NIGHTS[: NIGHTS.index(night) + 1], select="*", command="run")
            pipeline.warehouse.publish()
        looked = f"select count(*) from core.postal_near where code = 'far' and dossier_code = '{FAR['code']}'"
        assert pipeline.query(looked) == [(1,)], "where its office works is known since another piece"
        # A night on which nothing is told but that one unit comes under the other: what the post did counts there, too.
        write_units(folder, AFTER, HALLS[0])
        pipeline.run(AFTER, select="*", command="run")
        assert pipeline.query("select count(*) from core.postal_month_touched") == [(1,)]
        # Then that unit is no more in its list: rules are asked of all its rows again, though none was told.
        write_csv(folder / f"data/units_{LAST}.csv", [{"code": HALLS[0], "name": "Một", "level": "district", "parent": ""}], list(UNITS["columns"]))
        pipeline.run(LAST, select="*", command="run")
        assert pipeline.query("select count(*) > 5 from core.dossier_fault where rule = 'resolving_unit_unknown'") == [(True,)]
        assert pipeline.query("select count(*) > 5 from core.postal_fault where rule = 'unit_unknown'") == [(True,)]
        pipeline.warehouse.publish()
        assert pipeline.query(
            "select count(*) from (select 1 from core.postal_near group by system, code, dossier_system, dossier_code having count(*) > 1)"
        ) == [(0,)]
        matches = dict(pipeline.query("select match, count(*) from core.fct_postal_event group by match"))
        assert {"exact", "approximate", "unmatched"} <= matches.keys(), matches
        kept, digests = pipeline.kept(), pipeline.digests()
        pipeline.build_anew()
        pipeline.warehouse.publish()
        again = pipeline.kept()
        assert [name for name in kept if kept[name] != again[name]] == []
        assert pipeline.digests() == digests
