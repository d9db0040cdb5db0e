"""The role of a BI tool on PostgreSQL: it reads `bi` and nothing else, whatever it tries, and keeps that over swaps and changed columns.

The pipeline's user is an owner as one has in a province: no superuser, but it may make roles.
"""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

import psycopg2
import pytest

from qn_pipeline.doctor import _readers
from qn_pipeline.errors import ConfigurationError, RunFailed
from qn_pipeline.publishing.bi import VIEWS
from qn_pipeline.publishing.bi_files import comment
from qn_pipeline.settings import read_settings
from qn_pipeline.warehouse.engines import open_warehouse
from qn_pipeline.warehouse.postgres import PostgresWarehouse
from qn_pipeline.warehouse.roles import grant_bi, readers
from qn_pipeline_tests.support import SEAL_KEY, Pipeline, dossier, empty_database, write_csv, write_project

DAY = date(2022, 6, 5)
PASSWORD = "không-ai-biết-mật-khẩu-này"


@dataclass
class Served:
    """Marts that are published once, by the user `owner`; `admin` is the server's superuser in the same database."""

    pipeline: Pipeline
    admin: str
    owner: str
    role: str

    def as_role(self, role: str | None = None) -> str:
        return self.admin.replace(f"//{urlsplit(self.admin).netloc}", f"//{role or self.role}@", 1)

    def administer(self, sql: str) -> list[tuple[object, ...]]:
        return ask(self.admin, sql)

    @property
    def warehouse(self) -> PostgresWarehouse:
        warehouse = self.pipeline.warehouse
        assert isinstance(warehouse, PostgresWarehouse)
        return warehouse


def ask(url: str, *statements: str) -> list[tuple[object, ...]]:
    """The rows of the last of some statements, in a session of its own, each a transaction."""
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            for sql in statements:
                cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


@pytest.fixture(scope="module")
def served(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    tag = uuid.uuid4().hex[:8]
    owner, role = f"pipeline_{tag}", f"bi_{tag}"
    folder = write_project(tmp_path_factory.mktemp("bi") / "p", {"desk": {"files": "data/{day}.csv"}})
    write_csv(folder / f"data/{DAY}.csv", [dossier(1), dossier(2, channel="online"), dossier(3, channel="fax", unit="Nguyễn Văn A")])
    try:
        with empty_database(postgres_server) as admin, pytest.MonkeyPatch.context() as patch:
            ask(
                admin,
                f"create role {owner} login createrole",
                f"alter database {urlsplit(admin).path[1:]} owner to {owner}",
                "create schema secrets",
                "create table secrets.people as select 'Nguyễn Văn A' as name",
            )
            url = admin.replace(f"//{urlsplit(admin).netloc}", f"//{owner}@", 1)
            patch.setenv("QN_WAREHOUSE_URL", url)
            patch.setenv("QN_SEAL_KEY", SEAL_KEY)
            pipeline = Pipeline(folder)
            pipeline.run(DAY, select="*", command="run")
            pipeline.warehouse.publish()
            made = Served(pipeline, admin, url, role)
            lines = grant_bi(pipeline.warehouse, role, create=True, password=lambda: PASSWORD, connections=7).lines
            assert not any(PASSWORD in line for line in lines)
            assert lines[:2] == [
                f"Made the role {role} with login.",
                f"It may read the schema bi of the database {urlsplit(admin).path[1:]}: {len(VIEWS)} views now, and those of later nights.",
            ]
            yield made
    finally:
        for name in (role, owner):
            ask(postgres_server, f"drop role if exists {name}")


@pytest.fixture(autouse=True)
def warehouse_of_the_module(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QN_WAREHOUSE_URL", served.owner)


def test_the_role_reads_every_view_and_the_dictionary_tells_of_each_column(served: Served) -> None:
    for view in VIEWS:
        ask(served.as_role(), f"select * from bi.{view.name}")
    # By the search path of the role, too.
    rows = ask(served.as_role(), "select view_name, column_name, label, coalesce(additivity, '') from dictionary order by view_name, position")
    declared = [(view.name, c.name, c.label, c.sums or "") for view in sorted(VIEWS, key=lambda view: view.name) for c in view.columns]
    assert rows == declared


def test_names_types_and_comments_are_in_the_database_as_declared(served: Served) -> None:
    rows = ask(
        served.as_role(),
        "select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), col_description(c.oid, a.attnum), obj_description(c.oid) "
        "from pg_class as c inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 "
        "where c.relnamespace = 'bi'::regnamespace order by c.relname, a.attnum",
    )
    types = {"varchar": ("text", "character varying"), "timestamp": ("timestamp without time zone",), "decimal(20,2)": ("numeric(20,2)",)}
    declared = [(view, column) for view in sorted(VIEWS, key=lambda view: view.name) for column in view.columns]
    for (view, column), (table, name, kind, told, of_view) in zip(declared, rows, strict=True):
        assert (table, name, told, of_view) == (view.name, column.name, comment(column), view.label)
        assert kind in types.get(column.type, (column.type,)), (table, name)


def test_what_is_read_is_what_was_delivered(served: Served) -> None:
    """Two good dossiers of 1 June, one of them online, and one that is kept out; by hand."""
    figures = "select channel, numerator from bi.fact_indicator where indicator = 'dossiers_received' and period_key = 'calendar.month.20220630'"
    assert sorted(ask(served.as_role(), f"{figures} and unit = '000.00.33.H47'")) == [("all", 2), ("direct", 1), ("online", 1)]
    assert ask(served.as_role(), "select label, is_closed from bi.dim_period where period_key = 'calendar.quarter.20220630'") == [
        ("Quý II/2022", False)
    ]
    [(last_day, valid, arrived, share)] = ask(served.as_role(), "select last_day, valid, arrived, completeness from bi.data_status")
    assert (last_day, valid, arrived, f"{share}") == (DAY, 2, 3, "66.66")
    cases = ask(served.as_role(), "select rule, unit, cases from bi.fact_quarantine where severity = 'quarantine'")
    assert cases == [("channel_unknown_code", None, 1)], "what stands in a unit's place is not told"
    everything = " ".join(str(ask(served.as_role(), f"select * from bi.{view.name}")) for view in VIEWS)
    assert "Nguyễn" not in everything
    assert "H47-2206" not in everything, "no dossier's code"


FORBIDDEN = {
    "marts": "select * from marts.indicator_values",
    "a generation": "select * from marts_generation_1.indicator_values",
    "a generation of the views": "select * from bi_generation_1.fact_indicator",
    "core": "select * from core.fct_dossier",
    "valid": "select * from valid.dossiers",
    "staging": "select * from staging.stg_dossiers",
    "measures": "select * from measures.dossier_daily",
    "others' tables": "select * from secrets.people",
    "hashes of passwords": "select rolpassword from pg_authid",
    "statistics of columns": "select stanumbers1 from pg_statistic",
    "write into a view": "update bi.fact_indicator set numerator = 0",
    "delete": "delete from bi.fact_indicator",
    "insert": "insert into bi.fact_indicator (indicator) values ('x')",
    "a table in bi": "create table bi.mine (x int)",
    "a table in public": "create table public.mine (x int)",
    "a table of its own": "create temporary table mine (x int)",
    "a schema": "create schema mine",
    "a view": "create view bi.mine as select 1",
    "drop a view": "drop view bi.dim_unit",
    "change a view": "alter view bi.dim_unit rename to units",
    "comment": "comment on view bi.dim_unit is 'x'",
    "a function in bi": "create function bi.mine() returns bigint language sql as 'select count(*) from core.fct_dossier'",
    "a function in public": "create function public.mine() returns bigint language sql as 'select count(*) from core.fct_dossier'",
    "a function of its session": "create function pg_temp.mine() returns bigint language sql security definer as 'select count(*) from core.fct_dossier'",
    "a block": "do $$ begin perform count(*) from core.fct_dossier; end $$",
    "a file": "select pg_read_file('/etc/passwd')",
    "a binary file": "select pg_read_binary_file('/etc/passwd')",
    "a folder": "select pg_ls_dir('/')",
    "a file as a large object": "select lo_import('/etc/passwd')",
    "copy from a file": "create temporary table t (x text); copy t from '/etc/passwd'",
    "copy to a file": "copy (select 1) to '/tmp/of-bi'",
    "copy to a program": "copy (select 1) to program 'cat > /tmp/of-bi'",
    "another role": "set role {owner}",
    "another session": "set session authorization {owner}",
    "lock the night out": "begin; lock table bi.fact_indicator in access exclusive mode",
    "end a session": "select pg_terminate_backend(pid) from pg_stat_activity where usename = '{owner}' or pid = pg_backend_pid() + 1000000",
    "settings of the server": "alter system set work_mem = '1GB'",
    "more for itself": "alter role current_user createdb",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_what_the_role_must_not_do_is_refused_though_it_loosens_its_settings(served: Served, what: str) -> None:
    sql = FORBIDDEN[what].format(owner=urlsplit(served.owner).username)
    loose = ("set default_transaction_read_only = off", "set statement_timeout = 0", sql)
    if what == "end a session":
        # A session of the pipeline's, to be ended.
        connection = psycopg2.connect(served.owner)
        try:
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                ask(served.as_role(), *loose)
        finally:
            connection.close()
        return
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask(served.as_role(), *loose)


def test_the_role_can_pass_nothing_on(served: Served) -> None:
    before = rights(served)
    ask(served.as_role(), "set default_transaction_read_only = off", "grant select on bi.dim_unit to public")  # a warning, and nothing
    assert rights(served) == before


def test_transactions_only_read_and_forgotten_queries_end(served: Served) -> None:
    with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
        ask(served.as_role(), "select lo_create(0)")
    told = {name: ask(served.as_role(), f"show {name}")[0][0] for name in ("statement_timeout", "idle_in_transaction_session_timeout", "search_path")}
    assert told == {"statement_timeout": "45s", "idle_in_transaction_session_timeout": "30s", "search_path": "bi"}
    # The same with a limit that a test can wait for.
    served.administer(f"alter role {served.role} in database {urlsplit(served.admin).path[1:]} set statement_timeout = '200ms'")
    with pytest.raises(psycopg2.errors.QueryCanceled):
        ask(served.as_role(), "select count(*) from bi.dim_period as a, bi.dim_period as b, bi.dim_period as c, bi.dim_period as d")
    grant_bi(served.warehouse, served.role)
    assert ask(served.as_role(), "show statement_timeout") == [("45s",)]


def test_the_password_is_kept_hashed_and_the_limit_of_connections_is_set(served: Served) -> None:
    [(password, limit, superuser, inherits)] = served.administer(
        f"select rolpassword, rolconnlimit, rolsuper, rolcanlogin from pg_authid where rolname = '{served.role}'"
    )
    assert str(password).startswith("SCRAM-SHA-256$")
    assert (limit, superuser, inherits) == (7, False, True)


def test_again_it_changes_nothing_and_takes_back_what_was_granted_besides(served: Served) -> None:
    before = rights(served)
    lines = grant_bi(served.warehouse, served.role, create=True, password=lambda: "another-password").lines
    assert lines[0] == f"The role {served.role} was there; its login and password stay."
    assert rights(served) == before
    ask(served.owner, f"grant usage on schema marts to {served.role}", f"grant select on marts.unit to {served.role}")
    ask(served.owner, f"grant all on bi.dim_unit to {served.role}", f"grant create on schema bi to {served.role}")
    assert readers(served.warehouse)[served.role] == ["creates in the schema bi", "reads or writes marts.unit", "writes bi.dim_unit"]
    assert [finding.state for finding in _readers(served.warehouse)] == ["warning"]
    grant_bi(served.warehouse, served.role)
    assert rights(served) == before
    assert [(finding.state, finding.told) for finding in _readers(served.warehouse)] == [("ok", f"{served.role} reads bi and nothing else")]


def rights(served: Served) -> list[tuple[object, ...]]:
    """What others than the owner may do in the schemas that readers see."""
    return served.administer(
        "select n.nspname, c.relname, a.grantee::regrole::text, a.privilege_type, a.is_grantable "
        "from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace cross join aclexplode(c.relacl) as a "
        "where n.nspname in ('bi', 'marts', 'public') and a.grantee <> c.relowner "
        "union all select n.nspname, '', a.grantee::regrole::text, a.privilege_type, a.is_grantable "
        "from pg_namespace as n cross join aclexplode(n.nspacl) as a where n.nspname in ('bi', 'marts', 'public') and a.grantee <> n.nspowner order by 1, 2, 3, 4"
    )


def test_what_only_an_administrator_can_do_is_told(served: Served) -> None:
    """The owner of the database did not make this role, which somebody let read a table of his."""
    other = f"{served.role}_other"
    served.administer(f"create role {other} login")
    try:
        served.administer(f"grant usage on schema secrets to {other}")
        served.administer(f"grant select on secrets.people to {other}")
        with pytest.raises(RunFailed, match=f"{other} may read bi, but more is left to do") as told:
            grant_bi(served.warehouse, other)
        assert f'alter role "{other}" in database' in str(told.value)
        assert "reads or writes secrets.people" in str(told.value)
        assert ask(served.as_role(other), "select count(*) from bi.dim_channel") != []
    finally:
        served.administer(f"drop owned by {other}")
        served.administer(f"drop role {other}")


@pytest.mark.parametrize(
    ("attributes", "fault"),
    [
        ("superuser", "is a superuser"),
        ("createdb createrole", "is allowed to make roles, is allowed to make databases"),
        ("in role {owner}", "is a member of {owner}"),
        ("in role pg_read_all_data", "is a member of pg_read_all_data"),
    ],
)
def test_a_role_that_is_mightier_than_rights_is_refused(served: Served, attributes: str, fault: str) -> None:
    mighty, owner = f"{served.role}_mighty", str(urlsplit(served.owner).username)
    served.administer(f"create role {mighty} {attributes.format(owner=owner)}")
    try:
        with pytest.raises(ConfigurationError, match=fault.format(owner=owner)):
            grant_bi(served.warehouse, mighty, create=True)
        assert readers(served.warehouse).get(mighty) != [], "it is none of those who read bi and nothing else"
    finally:
        served.administer(f"drop role {mighty}")


def test_names_that_are_no_roles_and_short_passwords_change_nothing(served: Served) -> None:
    new = f"{served.role}_new"
    for role in ("public", "pg_monitor", "", "x" * 64):
        with pytest.raises(ConfigurationError, match="cannot be the name of a role"):
            grant_bi(served.warehouse, role, create=True)
    with pytest.raises(ConfigurationError, match=f"has no role {new}. Nothing was changed. Make it: qn grant-bi {new} --create"):
        grant_bi(served.warehouse, new)
    with pytest.raises(ConfigurationError, match="fewer than 12 characters"):
        grant_bi(served.warehouse, new, create=True, password=lambda: "short")
    with pytest.raises(ConfigurationError, match="is the pipeline's own user"):
        grant_bi(served.warehouse, str(urlsplit(served.owner).username))
    assert served.administer(f"select 1 from pg_roles where rolname = '{new}'") == []


def test_the_command_line(served: Served, qn: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    folder, role = str(served.pipeline.folder), f"{served.role}_cli"
    monkeypatch.setenv("QN_BI_PASSWORD", PASSWORD)
    try:
        status, out, err = qn("grant-bi", role, "--create", "--project", folder)
        assert (status, err) == (0, "")
        assert out.splitlines()[0] == f"Made the role {role} with login."
        assert PASSWORD not in out
        assert ask(served.as_role(role), "select count(*) from dim_channel") == [(len(ask(served.admin, "select 1 from bi.dim_channel")),)]
        monkeypatch.delenv("QN_BI_PASSWORD")
        served.administer(f"drop owned by {role}")
        served.administer(f"drop role {role}")
        status, out, _ = qn("grant-bi", role, "--create", "--project", folder)
        assert out.splitlines()[0] == f"Made the role {role} without login: grant it to the users who are to read. Its time limits do not go to them."
    finally:
        served.administer(f"drop owned by {role}")
        served.administer(f"drop role {role}")


def test_a_file_has_no_roles(served: Served, qn: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QN_WAREHOUSE_URL")
    folder = served.pipeline.folder
    status, out, err = qn("grant-bi", "bi_reader", "--create", "--project", str(folder))
    assert (status, out) == (2, "")
    assert "has no roles. Nothing was changed. Hand out a copy of the published file" in err
    assert not isinstance(open_warehouse(read_settings(folder)), PostgresWarehouse)


def test_rights_outlast_the_swap_a_new_column_and_a_changed_one(served: Served) -> None:
    # A second reader, whom somebody let read one view and nothing by default.
    served.administer(f"create role {served.role}_one login")
    try:
        ask(served.owner, f"grant usage on schema bi to {served.role}_one", f"grant select on bi.dim_unit to {served.role}_one with grant option")
        granted = rights(served)
        write_csv(served.pipeline.folder / f"data/{DAY}.csv", [dossier(1), dossier(2, channel="online"), dossier(4)])
        served.pipeline.run(DAY, select="*", command="run")
        # The next version of a view: a column more, another type, another order; and one of a mart's.
        ask(
            served.owner,
            "drop view bi_next.dim_unit",
            "create view bi_next.dim_unit as select name, unit, 1 as seats from marts_next.unit",
            "alter table marts_next.adjustment add column note text",
            "alter table marts_next.unit alter column is_declared type text",
        )
        served.pipeline.warehouse.publish()
        assert rights(served) == granted
        assert ask(served.as_role(f"{served.role}_one"), "select seats from bi.dim_unit limit 1") == [(1,)]
        assert len(ask(served.as_role(), "select * from bi.dim_unit")) == 2
        received = "select numerator from bi.fact_indicator where indicator = 'dossiers_received' and period_key = 'calendar.month.20220630' and channel = 'all'"
        assert ask(served.as_role(), received) == [(3,), (3,)]
        generations = served.administer("select nspname from pg_namespace where nspname like '%generation%' order by 1")
        assert generations == [("bi_generation_2",), ("marts_generation_2",)]
    finally:
        served.administer(f"drop owned by {served.role}_one")
        served.administer(f"drop role {served.role}_one")
