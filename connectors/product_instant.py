"""An instant of PostgreSQL that has a name: which server and database it is of, and what was committed by then.

Text like `7570…-1-16384@750:755:752`. Source: docs/one-instant.md.
"""

import re
from dataclasses import dataclass
from typing import Self
from uuid import uuid4

from sqlalchemy import Connection, text

from connectors.errors import ConnectorError, Transient
from connectors.product_errors import product_errors

_HERE = text("SELECT pg_current_snapshot()::text AS snapshot, pg_is_in_recovery() AS recovering")
# The time line is the first eight digits of the log's file name; `flushed`: what the snapshot saw can't be lost.
_SERVER = text("""
SELECT concat_ws('-', (SELECT system_identifier FROM pg_control_system()),
  ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int,
  (SELECT oid FROM pg_database WHERE datname = current_database())) AS name, pg_current_wal_insert_lsn()::text AS log
""")
_FLUSHED = text("SELECT pg_current_wal_flush_lsn() >= CAST(:log AS pg_lsn)")
# An empty message for nobody: that its transaction commits brings the log to disk, up to there.
_FLUSH = text("SELECT set_config('synchronous_commit', 'local', true), pg_logical_emit_message(true, 'farewell', '')")


_NAME = re.compile(r"(?P<server>\d+-\d+-\d+)@(?P<xmin>\d+):(?P<xmax>\d+):(?P<open>(\d+,)*\d+)?", re.ASCII)


@dataclass(frozen=True)
class Instant:
    """`server` as `system-timeline-database`; transactions before `xmin` had ended, none from `xmax` on, nor `open`."""

    server: str
    xmin: int
    xmax: int
    open: frozenset[int]

    @classmethod
    def read(cls, written: str) -> Self | None:
        """From its text; None: it's no such name."""
        found = _NAME.fullmatch(written)
        if found is None:
            return None
        still = frozenset(map(int, filter(None, (found["open"] or "").split(","))))
        return cls(found["server"], int(found["xmin"]), int(found["xmax"]), still)

    def sees_all_of(self, earlier: "Instant") -> bool:
        """Whether whatever had ended at the other had ended at this one, of the same server."""
        ended_there = any(each < earlier.xmax and each not in earlier.open for each in self.open)
        return self.server == earlier.server and self.xmax >= earlier.xmax and not ended_there


def instant_of(connection: Connection, beside: Connection) -> str:
    """The name of the connection's snapshot, or a random one that proves nothing.

    `beside` is another connection, in no transaction: it may fail without harm. A standby's snapshot has no name, for
    its order of commits is its own; nor has one of a server that doesn't say which it is. What it sees must be on disk:
    a crash would undo the rest (`synchronous_commit = off`), and give its transactions' numbers to others.
    """
    here = connection.execute(_HERE).one()
    try:
        with product_errors("naming the instant"):
            server = None if here.recovering else _lasting_server(beside)
    except Transient:
        raise
    except ConnectorError:
        server = None
    return f"{server}@{here.snapshot}" if server else uuid4().hex


def _lasting_server(beside: Connection) -> str | None:
    server = beside.execute(_SERVER).one()
    if not beside.scalar(_FLUSHED, {"log": server.log}):
        beside.execute(_FLUSH)
    return server.name if beside.scalar(_FLUSHED, {"log": server.log}) else None
