"""Roles of BI tools on PostgreSQL: each may read the schema `bi`, and nothing else.

Views run with their owner's rights, so that a reader of `bi` needs none on the marts below it. A role may loosen its own settings (a time limit, read-only
transactions): those protect from accidents, and rights from everything else.
"""

from collections.abc import Callable
from dataclasses import dataclass

import psycopg2
import psycopg2.extensions

from qn_pipeline.engine import literal, quoted
from qn_pipeline.errors import ConfigurationError, RunFailed
from qn_pipeline.warehouse.engines import BI, Warehouse
from qn_pipeline.warehouse.postgres import PostgresWarehouse

# All shorter than the default of QN_WRITER_WAIT: a reader's locks must not keep a night's swap waiting for longer.
SETTINGS = {
    "default_transaction_read_only": "on",
    "statement_timeout": "45s",
    "idle_in_transaction_session_timeout": "30s",
    "transaction_timeout": "50s",
    "search_path": BI,
}
PASSWORD_MIN_LENGTH = 12
POWERS = {
    "rolsuper": "a superuser",
    "rolcreaterole": "allowed to make roles",
    "rolcreatedb": "allowed to make databases",
    "rolreplication": "allowed to replicate",
    "rolbypassrls": "above row security",
}
# What is no catalog of the server's, and not `bi`.
_OTHER = f"n.nspname not in ('{BI}', 'information_schema') and not starts_with(n.nspname, 'pg_')"
_EXCESS = f"""
    select 'reads or writes ' || n.nspname || '.' || c.relname
    from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace
    where {_OTHER} and c.relkind in ('r', 'v', 'm', 'f', 'p') and has_schema_privilege(%(role)s, n.oid, 'usage')
        and (has_table_privilege(%(role)s, c.oid, 'select, insert, update, delete, truncate')
            or has_any_column_privilege(%(role)s, c.oid, 'select, insert, update'))
    union all
    select 'writes {BI}.' || c.relname
    from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = '{BI}' and c.relkind in ('r', 'v', 'm', 'f', 'p')
        and (has_table_privilege(%(role)s, c.oid, 'insert, update, delete, truncate') or has_any_column_privilege(%(role)s, c.oid, 'insert, update'))
    union all
    select 'creates in the schema ' || n.nspname from pg_namespace as n where has_schema_privilege(%(role)s, n.oid, 'create')
    union all
    select 'makes ' || what || ' in the database' from (values ('create', 'schemas'), ('temporary', 'temporary tables')) as made (privilege, what)
    where has_database_privilege(%(role)s, current_database(), privilege)
    order by 1"""


@dataclass(frozen=True)
class Granted:
    """What was done, a line each."""

    lines: list[str]


def grant_bi(
    warehouse: Warehouse, role: str, create: bool = False, password: Callable[[], str | None] = lambda: None, connections: int | None = None
) -> Granted:
    """Let a role read `bi` and nothing else; make it first where `create` is set and there is none. Doing it again changes nothing.

    `password` is asked for a role that is made; None makes one without login, to be granted to people's own. Raises ConfigurationError when nothing was
    done, and RunFailed when rights are granted but something is left that only an administrator can do.
    """
    if not isinstance(warehouse, PostgresWarehouse):
        raise ConfigurationError(
            f"{warehouse.describe()} has no roles. Nothing was changed. Hand out a copy of the published file, which holds {BI} and what it reads."
        )
    if role in ("public", "none", "current_user", "session_user", "current_role") or role.startswith("pg_") or not 0 < len(role.encode()) < 64:
        raise ConfigurationError(f"{role!r} cannot be the name of a role. Nothing was changed. Name another one.")
    with warehouse.alone():
        connection = warehouse.connect()
        try:
            granted = _Granting(connection, role, warehouse.describe())
            lines = granted.all(create, password, connections)
            connection.commit()
        except psycopg2.errors.InsufficientPrivilege as error:
            raise ConfigurationError(
                f"The user of QN_WAREHOUSE_URL may not do this on {warehouse.describe()}: {(error.diag.message_primary or 'permission denied')}. "
                f"Nothing was changed. Let an administrator make the role (create role {quoted(role)} login), and run again without --create."
            ) from None
        finally:
            connection.close()
    if granted.left:
        raise RunFailed(
            f"{role} may read {BI}, but more is left to do, which takes an administrator of {warehouse.describe()}: {'; '.join(granted.left)}. "
            "Nothing of what was granted is lost. Then run again."
        )
    return Granted(lines)


def readers(warehouse: PostgresWarehouse) -> dict[str, list[str]]:
    """The roles that may read `bi`, each with what else it may do; those of administrators and the owner are not among them."""
    connection = warehouse.connect()
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "select r.rolname from pg_roles as r inner join pg_namespace as n on n.nspname = %s and has_schema_privilege(r.oid, n.oid, 'usage') "
                "where not r.rolsuper and not pg_has_role(r.oid, n.nspowner, 'usage') and not starts_with(r.rolname, 'pg_') order by 1",
                (BI,),
            )
            roles = [str(row[0]) for row in cursor.fetchall()]
            return {role: _excess(cursor, role) for role in roles}
    finally:
        connection.close()


def _excess(cursor: psycopg2.extensions.cursor, role: str) -> list[str]:
    """What a role may do besides reading `bi`."""
    cursor.execute(_EXCESS, {"role": role})
    return [str(row[0]) for row in cursor.fetchall()]


class _Granting:
    """One transaction. `left` is what it could not do."""

    def __init__(self, connection: psycopg2.extensions.connection, role: str, where: str) -> None:
        self.connection, self.role, self.name, self.where = connection, role, quoted(role), where
        self.left: list[str] = []
        self.lines: list[str] = []
        [(self.database,)] = self._ask("select current_database()")

    def _ask(self, sql: str, parameters: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()

    def _do(self, *statements: str) -> None:
        with self.connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def all(self, create: bool, password: Callable[[], str | None], connections: int | None) -> list[str]:
        if self._exists():
            self._refuse_the_mighty()
            self.lines.append(f"The role {self.role} was there; its login and password stay.")
        elif create:
            self._create(password())
        else:
            raise ConfigurationError(f"{self.where} has no role {self.role}. Nothing was changed. Make it: qn grant-bi {self.role} --create.")
        self._grant()
        self._revoke_elsewhere()
        self._revoke_from_public()
        self._settings(connections)
        with self.connection.cursor() as cursor:
            excess = _excess(cursor, self.role)
        if excess:
            self.left.append(f"take from {self.role}, or from PUBLIC, that it {', '.join(excess[:5])}{' and more' if len(excess) > 5 else ''}")
        return self.lines

    def _exists(self) -> bool:
        return bool(self._ask("select 1 from pg_roles where rolname = %s", (self.role,)))

    def _refuse_the_mighty(self) -> None:
        """A role that may do more by what it is cannot be bound by rights."""
        [powers] = self._ask(f"select {', '.join(POWERS)} from pg_roles where rolname = %s", (self.role,))
        faults = [f"is {label}" for held, label in zip(powers, POWERS.values(), strict=True) if held]
        memberships = self._ask(
            "select g.rolname from pg_auth_members as m inner join pg_roles as g on g.oid = m.roleid inner join pg_roles as r on r.oid = m.member "
            "where r.rolname = %s order by 1",
            (self.role,),
        )
        faults += [f"is a member of {group}" for (group,) in memberships]
        if self._ask(
            "select 1 from pg_shdepend as d inner join pg_roles as r on r.oid = d.refobjid where d.deptype = 'o' and r.rolname = %s limit 1",
            (self.role,),
        ):
            faults.append("owns something")
        if self.role == self._ask("select current_user")[0][0]:
            faults.append("is the pipeline's own user")
        if faults:
            raise ConfigurationError(
                f"The role {self.role} {', '.join(faults)}, so that it reads more than {BI}. Nothing was changed. Name another role, or --create a new one."
            )

    def _create(self, password: str | None) -> None:
        if password is None:
            self._do(f"create role {self.name} nologin")
            self.lines.append(f"Made the role {self.role} without login: grant it to the users who are to read. Its time limits do not go to them.")
            return
        if len(password) < PASSWORD_MIN_LENGTH:
            raise ConfigurationError(f"The password has fewer than {PASSWORD_MIN_LENGTH} characters. Nothing was changed. Give a longer one.")
        # Hashed here: neither the network nor the server's log sees it.
        sealed = psycopg2.extensions.encrypt_password(password, self.role, scope=self.connection)
        self._do(f"create role {self.name} login password {literal(sealed)}")
        self.lines.append(f"Made the role {self.role} with login.")

    def _grant(self) -> None:
        self._do(
            f"create schema if not exists {BI}",
            f"revoke all on schema {BI} from {self.name}",
            f"revoke all on all tables in schema {BI} from {self.name}",
            f"grant usage on schema {BI} to {self.name}",
            f"grant select on all tables in schema {BI} to {self.name}",
            f"alter default privileges in schema {BI} revoke all on tables from {self.name}",
            f"alter default privileges in schema {BI} grant select on tables to {self.name}",
        )
        [(views,)] = self._ask("select count(*) from information_schema.tables where table_schema = %s", (BI,))
        self.lines.append(f"It may read the schema {BI} of the database {self.database}: {views} views now, and those of later nights.")

    def _revoke_elsewhere(self) -> None:
        """What somebody may have granted it in the pipeline's other schemas."""
        owned = self._ask(f"select n.nspname from pg_namespace as n where {_OTHER} and pg_has_role(n.nspowner, 'usage') order by 1")
        for (schema,) in owned:
            where = quoted(str(schema))
            self._do(f"revoke all on schema {where} from {self.name}")
            for kind in ("tables", "sequences", "routines"):
                self._do(f"revoke all on all {kind} in schema {where} from {self.name}")

    def _revoke_from_public(self) -> None:
        """What every role may do in a new database, where it is ours to take."""
        taken = []
        if self._ask("select 1 from pg_database as d where d.datname = current_database() and pg_has_role(d.datdba, 'usage')"):
            database = quoted(str(self.database))
            if self._ask(
                "select 1 from pg_database as d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) as a "
                "where d.datname = current_database() and a.grantee = 0 and a.privilege_type in ('TEMPORARY', 'CREATE')"
            ):
                self._do(f"revoke temporary, create on database {database} from public")
                taken.append("temporary tables")
            self._do(f"revoke all on database {database} from {self.name}", f"grant connect on database {database} to {self.name}")
        if self._ask(
            "select 1 from pg_namespace as n, aclexplode(n.nspacl) as a "
            "where n.nspname = 'public' and pg_has_role(n.nspowner, 'usage') and a.grantee = 0 and a.privilege_type = 'CREATE'"
        ):
            self._do("revoke create on schema public from public")
            taken.append("creating in the schema public")
        if taken:
            self.lines.append(f"Taken from PUBLIC in the database {self.database}: {' and '.join(taken)}.")

    def _settings(self, connections: int | None) -> None:
        """What ends a query that was forgotten. In a savepoint: a role that others made is theirs to set."""
        known = {str(name) for (name,) in self._ask("select name from pg_settings where name = any(%s)", (list(SETTINGS),))}
        where = f"alter role {self.name} in database {quoted(str(self.database))}"
        statements = [f"{where} set {name} = {literal(value)}" for name, value in SETTINGS.items() if name in known]
        if connections is not None:
            statements.append(f"alter role {self.name} connection limit {connections}")
        self._do("savepoint settings")
        try:
            self._do(*statements)
        except psycopg2.errors.InsufficientPrivilege:
            self._do("rollback to savepoint settings")
            self.left += statements
            return
        limit = "" if connections is None else f", at most {connections} connections"
        self.lines.append(
            f"Its transactions only read, a query ends after {SETTINGS['statement_timeout']}, "
            f"a forgotten transaction after {SETTINGS['idle_in_transaction_session_timeout']}{limit}."
        )
