"""Connections in qn.yaml: what is wrong is one line that says where and what to do, and nothing is written."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from qn_pipeline.errors import ConfigurationError
from qn_pipeline.project import Project, PulledSource, configuration_files, load_project
from qn_pipeline.settings import read_settings
from qn_pipeline.simulator.projects import CONNECTION, ENTITIES, NATIONAL, write_project

URL = "https://motcua.example.vn"
Edit = Callable[[dict[str, Any]], object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_project(tmp_path, URL, date(2022, 1, 1), national=True)
    return tmp_path


def edited(folder: Path, edit: Edit) -> Project:
    """The project after a change of qn.yaml."""
    file = folder / "qn.yaml"
    settings = yaml.safe_load(file.read_text(encoding="utf-8"))
    edit(settings)
    file.write_text(yaml.safe_dump(settings, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return load_project(folder)


def connection(**changes: Any) -> Edit:
    """A change of the one-stop shop's connection; None takes a setting away."""

    def edit(settings: dict[str, Any]) -> None:
        table = settings["connections"][CONNECTION]
        settings["connections"][CONNECTION] = {name: value for name, value in {**table, **changes}.items() if value is not None}

    return edit


def source(name: str = CONNECTION, **changes: Any) -> Edit:
    return lambda settings: settings["sources"][name].update(changes)


def removed(table: str, name: str, setting: str) -> Edit:
    return lambda settings: settings[table][name].pop(setting)


def test_what_a_product_brings_says_what_the_absence_of_a_row_means(folder: Path) -> None:
    project = load_project(folder)
    told = {name: (each.entity, each.delivers, each.system) for name, each in project.sources.items() if isinstance(each, PulledSource)}
    assert {entity for entity, _, _ in told.values()} == set(ENTITIES)
    assert told[CONNECTION] == ("dossiers", "changes", CONNECTION)
    assert told[NATIONAL] == ("dossiers", "changes", NATIONAL)
    assert {delivers for entity, delivers, _ in told.values() if not entity.startswith("dossier")} == {"snapshot"}


def test_what_is_not_said_is_set_for_a_site_of_usual_patience(folder: Path) -> None:
    shop = load_project(folder).sources[CONNECTION]
    assert isinstance(shop, PulledSource)
    patience = shop.connection
    assert (patience.page_size, patience.concurrency, patience.timeout, patience.retry_budget, patience.statistics) == (500, 8, 60, 300, True)
    assert (patience.systems, patience.secret_variable) == (["0", "1"], "QN_SECRET_MOT_CUA")


@pytest.mark.parametrize(("written", "read"), [("false", False), (False, False), ("true", True)])
def test_a_site_may_keep_its_statistics_to_itself(folder: Path, written: Any, read: bool) -> None:
    shop = edited(folder, connection(statistics=written)).sources[CONNECTION]
    assert isinstance(shop, PulledSource)
    assert shop.connection.statistics is read


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        pytest.param(connection(product="sap"), r"connections\.mot_cua\.product: .*'opencps' or 'dvcqg'", id="unknown product"),
        pytest.param(connection(product=None), r"connections\.mot_cua\.product: .*required", id="no product"),
        pytest.param(connection(url=None), r"connections\.mot_cua\.url: .*required", id="no url"),
        pytest.param(connection(url="motcua.example.vn"), r"connections\.mot_cua: url is no http or https address", id="url without a scheme"),
        pytest.param(
            connection(url="admin:hunter2@motcua.example.vn"), "url is no http or https address", id="url with a password, without a scheme"
        ),
        pytest.param(connection(url="ftp://motcua.example.vn"), "is no http or https address", id="url of another kind"),
        pytest.param(connection(url="https://"), "is no http or https address", id="url without a host"),
        pytest.param(
            connection(url="https://admin:hunter2@motcua.example.vn"),
            r"connections\.mot_cua: url may hold neither a user, a password nor a query; the secret is in QN_SECRET_MOT_CUA",
            id="url with a password",
        ),
        pytest.param(connection(url="https://admin@motcua.example.vn"), "url may hold neither a user", id="url with a user"),
        pytest.param(
            connection(url="https://motcua.example.vn/o?token=hunter2"), "nor a query; the secret is in QN_SECRET_MOT_CUA", id="url with a token"
        ),
        pytest.param(connection(group_id=None), r"connections\.mot_cua: a connection to opencps needs group_id", id="no group_id"),
        pytest.param(removed("connections", NATIONAL, "user"), r"connections\.dvcqg: a connection to dvcqg needs user", id="no user"),
        pytest.param(removed("connections", NATIONAL, "unit"), r"connections\.dvcqg: a connection to dvcqg needs unit", id="no unit"),
        pytest.param(connection(token="hunter2"), r"connections\.mot_cua\.token: ", id="a secret in qn.yaml"),
        pytest.param(connection(page_size=0), r"connections\.mot_cua\.page_size: ", id="no page"),
        pytest.param(connection(concurrency=1000), r"connections\.mot_cua\.concurrency: ", id="too many at once"),
        pytest.param(connection(timeout=0), r"connections\.mot_cua\.timeout: ", id="no time"),
        pytest.param(connection(retry_budget=-1), r"connections\.mot_cua\.retry_budget: ", id="less than no budget"),
        pytest.param(connection(max_vanished=1.5), r"connections\.mot_cua\.max_vanished: ", id="more than all"),
        pytest.param(connection(statistics="perhaps"), r"connections\.mot_cua\.statistics: ", id="neither yes nor no"),
        pytest.param(lambda s: s.update(connections=["mot_cua"]), "connections is not a table of connections", id="a list of connections"),
        pytest.param(
            lambda s: s["connections"].update(mot_cua=URL), "connections.mot_cua is not a table of settings", id="a connection that is a text"
        ),
        pytest.param(
            lambda s: s["connections"].update({"Một cửa": s["connections"][CONNECTION]}),
            "the connection's name 'Một cửa' may hold a-z, 0-9 and _ only",
            id="a name that makes no variable",
        ),
        pytest.param(
            source(files="data/{day}.csv"), r"sources\.mot_cua has files and a connection.*Keep one of the two", id="files and a connection"
        ),
        pytest.param(source(connection="motcua"), r"sources\.mot_cua names the unknown connection 'motcua'.*Declare it", id="unknown connection"),
        pytest.param(lambda s: s.pop("connections"), r"names the unknown connection 'mot_cua'", id="no connections"),
        pytest.param(
            source(NATIONAL, entity="units", mapping="mappings/opencps/units.yaml"),
            r"sources\.dvcqg: dvcqg brings no units; it brings dossiers",
            id="an entity that the product does not bring",
        ),
        pytest.param(
            source(entity="weather"), r"sources\.mot_cua: opencps brings no weather; it brings dossiers, dossier_actions", id="unknown entity"
        ),
        pytest.param(removed("sources", CONNECTION, "entity"), r"sources\.mot_cua: opencps brings no None", id="no entity"),
        pytest.param(removed("sources", CONNECTION, "connection"), r"sources\.mot_cua", id="neither files nor a connection"),
        pytest.param(source(window={"by": "received_at", "span": "day"}), r"sources\.mot_cua\.window: ", id="a window of a connection"),
        pytest.param(
            source(mapping="mappings/none.yaml"), r"mappings/none\.yaml does not exist.*It is the mapping of source mot_cua", id="no mapping"
        ),
        pytest.param(
            lambda s: s.update(precedence=[CONNECTION, NATIONAL, "buu_dien"]),
            "precedence must name each system of dossiers once: dvcqg, mot_cua",
            id="precedence of an unknown system",
        ),
        pytest.param(lambda s: s.update(precedence=[CONNECTION]), "precedence must name each system of dossiers once", id="precedence of some"),
        pytest.param(
            lambda s: s.update(precedence=[CONNECTION, f"{CONNECTION}_units"]),
            "precedence must name each system of dossiers",
            id="precedence of units",
        ),
    ],
)
def test_what_is_wrong_is_told_in_a_line(folder: Path, edit: Edit, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as failed:
        edited(folder, edit)
    message = str(failed.value)
    assert "\n" not in message
    assert message.startswith(str(folder))
    assert "Nothing was written" in message
    assert "hunter2" not in message


@pytest.mark.parametrize("secret", [None, ""])
def test_a_secret_that_is_not_set_is_told_by_its_variable(folder: Path, secret: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if secret is not None:
        monkeypatch.setenv("QN_SECRET_MOT_CUA", secret)
    with pytest.raises(ConfigurationError, match=r"QN_SECRET_MOT_CUA is not set.*Set it in the environment"):
        read_settings(folder).connection_secret("QN_SECRET_MOT_CUA")


def test_what_decides_is_the_files_of_the_folder(folder: Path) -> None:
    files = configuration_files(load_project(folder))
    assert files[0] == Path("qn.yaml")
    assert all((folder / file).is_file() for file in files)
    assert len(files) == len(set(files)) > 1


def test_a_mapping_outside_the_folder_cannot_be_kept(folder: Path) -> None:
    settings = yaml.safe_load((folder / "qn.yaml").read_text(encoding="utf-8"))
    mapping = folder / next(iter(settings["sources"].values()))["mapping"]
    outside = folder.parent / f"{folder.name}-mapping.yaml"
    outside.write_bytes(mapping.read_bytes())

    def lead_outside(told: dict[str, Any]) -> None:
        next(iter(told["sources"].values()))["mapping"] = f"../{outside.name}"

    project = edited(folder, lead_outside)
    with pytest.raises(ConfigurationError, match=r"lies outside .* Nothing was written\. Move it into the folder\."):
        configuration_files(project)
