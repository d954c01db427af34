"""The activities of the money over the built-in billing system, for one account with a plan."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine

from activities.billing import BillingActivities
from connectors.builtin.billing import BuiltinBilling
from connectors.store.cases import SqlCaseStore
from connectors.store.directory import SqlDirectory
from models.effects import AtRequest, UndoRequest
from models.payload import EffectRequest
from models.plan import Plan
from models.settling import ChargeWatchRequest, RefundsRequest, StatementRequest
from tests.contract.sample_books import BuiltinBooks
from tests.contract.sample_money import END
from tests.unit.own_database import asked, environment
from tests.unit.sample_plan import TODAY, keep_plan


class ExitMoney:
    """One account's exit: `does` runs an activity by its name."""

    def __init__(self, engine: Engine, account: str, requested_on: date = TODAY) -> None:
        self.engine, self.account = engine, account
        self.billing, self.books, self.store = BuiltinBilling(engine), BuiltinBooks(engine), SqlCaseStore(engine)
        self.plan: Plan = keep_plan(engine, account, requested_on=requested_on)
        self.activities = BillingActivities(billing=self.billing, store=self.store, directory=SqlDirectory(engine))

    def does(self, request: EffectRequest, method: str = "") -> Any:
        return environment().run(getattr(self.activities, method or request.step), request)

    def at(self, step: str, at: datetime = END) -> AtRequest:
        return asked(AtRequest, self.account, step, at=at)

    def undo(self, step: str) -> UndoRequest:
        return asked(UndoRequest, self.account, f"undo_{step}", undoes=self.at(step).idempotency_key)

    def statement(self, step: str = "close_statement") -> StatementRequest:
        return asked(StatementRequest, self.account, step, billing_end=END, plan_hash=self.plan.hash)

    def refunds(self, generation: int = 1) -> RefundsRequest:
        settled_by = self.statement().idempotency_key
        return asked(RefundsRequest, self.account, "check_refunds", settled_by=settled_by, generation=generation)

    def watch(self, generation: int = 1) -> ChargeWatchRequest:
        about = {"since": END, "plan_hash": self.plan.hash, "generation": generation}
        return asked(ChargeWatchRequest, self.account, "watch_charges", **about)

    def documents(self, kind: str) -> Sequence[Any]:
        return self.store.documents(f"{self.account}-1", kind)
