"""An account in a database of its own, for activities that run over the real adapters."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine
from temporalio.testing import ActivityEnvironment

from connectors.store.cases import SqlCaseStore
from connectors.store.engine import migrate, open_engine
from models.payload import EffectRequest
from models.vocabulary import Stage
from tests.contract.sample_access import add_access
from tests.contract.sample_account import add_account
from tests.contract.sample_money import add_money

R = TypeVar("R", bound=EffectRequest)
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def company(folder: Path) -> Iterator[tuple[Engine, str]]:
    """The engine and the account, closed afterwards."""
    engine = open_engine(f"sqlite:///{folder}/farewell.db")
    migrate(engine)
    account = add_account(engine)
    add_money(engine, account)
    add_access(engine, account)
    yield engine, account
    engine.dispose()


def asked(kind: type[R], account: str, step: str, **fields: object) -> R:
    """A request of the account's first case."""
    return kind(case=f"{account}-1", account=account, stage=Stage.FREEZE, step=step, **fields)


def environment(*heartbeat_details: object) -> ActivityEnvironment:
    """An attempt; the details are those of the attempt before it."""
    env = ActivityEnvironment()
    env.info = replace(env.info, scheduled_time=NOW, heartbeat_details=list(heartbeat_details))
    return env


def receipts(engine: Engine, account: str) -> list[tuple[str, int]]:
    """What was kept for the evidence pack."""
    kept = SqlCaseStore(engine).documents(f"{account}-1", "receipts")
    return [(receipt["action"], receipt["count"]) for document in kept for receipt in document["receipts"]]
