"""Whose hands the ledger is in: the application adds to it and reads it, and can't change it. Source: DOMAIN audit.1.

In PostgreSQL by grants, to a role that doesn't own the tables; in SQLite, which knows no roles, by triggers alone.
"""

from sqlalchemy import Connection, Engine, text

from connectors.errors import NotFound, Rejected
from connectors.store.sessions import reading, told

LEDGER, VERSION = "ledger", "alembic_version"
REWRITTEN = frozenset({"survey_answer", "survey_form"})
"""Written anew with each answer, as `connectors.store.surveys` explains."""
_USUAL = "SELECT, INSERT, UPDATE, DELETE"
_CHANGES = ("UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "REFERENCES")
_TABLES = text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1")
_POWERS = text(
    "SELECT rolsuper, pg_has_role(rolname, tableowner, 'MEMBER') FROM pg_roles, pg_tables"
    " WHERE rolname = :role AND schemaname = current_schema() AND tablename = 'ledger'"
)
_TRIGGERS = frozenset({"ledger_refuses_update", "ledger_refuses_delete", "ledger_refuses_replacement"})


def grant(engine: Engine, role: str) -> list[str]:
    """Lets a role do the application's work, as the tables' owner; answers the tables. Again changes nothing.

    Raises:
        Rejected: not PostgreSQL; or the role owns the tables or is a superuser, whom no grant binds.
        NotFound: there is no such role, or there are no tables yet.
    """
    if engine.dialect.name != "postgresql":
        raise Rejected("database", "only PostgreSQL has roles", "in SQLite triggers keep the ledger: nothing to do")
    with told(), engine.begin() as connection:
        _refuse_powerful(connection, role)
        tables = list(connection.scalars(_TABLES))
        for table in tables:
            _grant_table(connection, table, role)
        schema = connection.scalar(text("SELECT quote_ident(current_schema())"))
        connection.execute(text(f"GRANT USAGE ON SCHEMA {schema} TO {_quoted(connection, role)}"))
    return tables


def power_over_ledger(engine: Engine) -> str | None:
    """What the role that we connect as could do to the ledger besides adding and reading; None: nothing."""
    with reading(engine) as session:
        connection = session.connection()
        return _in_postgresql(connection) if engine.dialect.name == "postgresql" else _in_sqlite(connection)


def _grant_table(connection: Connection, table: str, role: str) -> None:
    all_but = {LEDGER: "SELECT, INSERT", VERSION: "SELECT", **dict.fromkeys(REWRITTEN, f"{_USUAL}, TRUNCATE")}
    rights = all_but.get(table, _USUAL)
    name, to = _quoted(connection, table), _quoted(connection, role)
    connection.execute(text(f"REVOKE ALL ON TABLE {name} FROM PUBLIC, {to}"))
    connection.execute(text(f"GRANT {rights} ON TABLE {name} TO {to}"))


def _refuse_powerful(connection: Connection, role: str) -> None:
    if connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}) is None:
        raise NotFound("database", f"there is no role {role}", f"CREATE ROLE {role} LOGIN")
    powers = connection.execute(_POWERS, {"role": role}).one_or_none()
    if powers is None:
        raise NotFound("database", "there is no ledger yet", "farewell database migrate")
    if any(powers):
        raise Rejected("database", f"{role} owns the tables or is a superuser", "grant a role of its own")


def _in_postgresql(connection: Connection) -> str | None:
    role = connection.scalar(text("SELECT current_user"))
    if any(connection.execute(_POWERS, {"role": role}).one()):
        return f"{role} owns it or is a superuser"
    asked = text("SELECT has_table_privilege('ledger', :right)")
    rights = [right for right in _CHANGES if connection.scalar(asked, {"right": right})]
    return f"{role} has {', '.join(rights)} on it" if rights else None


def _in_sqlite(connection: Connection) -> str | None:
    found = connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'ledger'"))
    missing = sorted(_TRIGGERS.difference(found))
    return f"the triggers {', '.join(missing)} are missing" if missing else None


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)
