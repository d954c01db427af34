"""The chain in Farewell's own database. Source: CONTRACTS, Forms; DOMAIN audit.1."""

from datetime import UTC

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from connectors.store.sessions import alone, reading, writing
from models.ledger import FIRST_PREVIOUS, ActivityRef, Fact, LedgerEntry, chained
from models.tables.ledger import LedgerRow


class SqlLedger:
    """The port `Ledger`. The database itself refuses UPDATE and DELETE."""

    def __init__(self, engine: Engine) -> None:
        """The schema must be migrated."""
        self._engine = engine

    def append(self, fact: Fact, ref: ActivityRef | None) -> LedgerEntry:
        """Adds an entry at the end of the case's chain; the same `ref` again answers the entry that stands.

        Raises:
            ValueError: `ref` names another attempt than the fact: a repeat wouldn't be recognised.
        """
        if ref is not None and ref.attempt != fact.attempt:
            raise ValueError(f"attempt {fact.attempt} of a fact isn't attempt {ref.attempt} of its activity")
        with writing(self._engine) as session:
            alone(session.connection(), f"ledger:{fact.case}")
            standing = _of(session, ref) if ref is not None else None
            if standing is not None:
                return _entry(standing)
            entry = _next(session, fact)
            place = ref.model_dump(include={"workflow", "run", "activity"}) if ref is not None else {}
            session.add(LedgerRow(**entry.model_dump(), **place))
        return entry

    def entries(self, case: str) -> list[LedgerEntry]:
        """The chain of a case, in order."""
        chain = select(LedgerRow).where(LedgerRow.case == case).order_by(col(LedgerRow.seq))
        with reading(self._engine) as session:
            return [_entry(row) for row in session.exec(chain)]


def _of(session: Session, ref: ActivityRef) -> LedgerRow | None:
    same = select(LedgerRow).where(
        LedgerRow.workflow == ref.workflow,
        LedgerRow.run == ref.run,
        LedgerRow.activity == ref.activity,
        LedgerRow.attempt == ref.attempt,
    )
    return session.exec(same).first()


def _next(session: Session, fact: Fact) -> LedgerEntry:
    """The fact after the last entry, in UTC: that is how it's read back, and the hash covers its text."""
    backwards = select(LedgerRow).where(LedgerRow.case == fact.case).order_by(col(LedgerRow.seq).desc())
    last = session.exec(backwards.limit(1)).first()
    in_utc = fact.model_copy(update={"at": fact.at.astimezone(UTC)})
    if last is None:
        return chained(in_utc, 1, FIRST_PREVIOUS)
    return chained(in_utc, last.seq + 1, last.entry_sha256)


def _entry(row: LedgerRow) -> LedgerEntry:
    return LedgerEntry.model_validate(row.model_dump())
