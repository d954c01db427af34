"""An account with a case, the portal's pages in this process, and a workflow that only listens."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx
from pydantic import SecretStr

from connectors.keys import FolderKeyStore
from connectors.store.cases import SqlCaseStore
from connectors.store.directory import SqlDirectory
from connectors.store.engine import migrate, open_engine
from connectors.store.ledger import SqlLedger
from connectors.store.outbox import SqlOutbox
from models.case import Agreed, CaseState, Decision, StageRecord
from models.policy import read_policy
from models.updates import Answer
from models.vocabulary import Mode, Stage
from rules.links import Links, Pass
from starter import PROJECT
from tests.contract.sample_account import add_account, request_for
from tests.unit.sample_plan import keep_plan
from web.application import pages_of

LINK_KEY = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
LINKS = Links("https://bajas.example", LINK_KEY)
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
UNTIL = NOW + timedelta(days=400)
DATES = {
    "notice_end": datetime(2026, 12, 4, 23, tzinfo=UTC),
    "transition_end": datetime(2026, 12, 31, 23, tzinfo=UTC),
    "effective_date": datetime(2026, 12, 31, 23, tzinfo=UTC),
    "billing_end": datetime(2026, 12, 31, 23, tzinfo=UTC),
    "late_usage_end": datetime(2027, 1, 4, 23, tzinfo=UTC),
    "retrieval_end": datetime(2027, 1, 31, 23, tzinfo=UTC),
    "erasure": datetime(2027, 1, 31, 23, tzinfo=UTC),
    "backups_expire": datetime(2027, 3, 7, 23, tzinfo=UTC),
}
PAUSE = {"effective_date": DATES["effective_date"], "resume": datetime(2027, 3, 31, 22, tzinfo=UTC)}


class Listening:
    """Temporal's client, as far as the pages know it: `state` is what a query answers, `told` what updates said."""

    def __init__(self):
        self.state, self.told, self.refuse = None, [], None

    def get_workflow_handle(self, workflow):
        self.workflow = workflow
        return self

    async def query(self, name, result_type):
        return self.state

    async def execute_update(self, update, word, *, id, result_type):  # noqa: A002  # as the client names it
        if self.refuse:
            raise self.refuse
        if id not in [key for _, _, key, _ in self.told]:  # as the server takes an update's id once
            self.told.append((self.workflow, update, id, word))
        return Answer(case="x", stage=Stage.NOTICE, text="noted")


class Company:
    """The account `account` and its case, wherever it stands."""

    def __init__(self, folder):
        engine = open_engine(f"sqlite:///{folder}/farewell.db")
        migrate(engine)
        keys = FolderKeyStore(folder / "keys", LINK_KEY, ())
        settings = SimpleNamespace(
            public_url="https://bajas.example",
            link_key=SecretStr(LINK_KEY),
            temporal_ui_url=None,
            messages_webhook_url=None,
            mail_webhook_secret=None,
        )
        self.at = SimpleNamespace(
            engine=engine,
            settings=settings,
            cases=SqlCaseStore(engine),
            directory=SqlDirectory(engine),
            outbox=SqlOutbox(engine),
            ledger=SqlLedger(engine),
            keys=keys,
            policy=read_policy(PROJECT / "policy.toml"),
        )
        self.client = Listening()
        self.account = add_account(engine)
        self.case = self.at.cases.open_case(request_for(self.account), NOW).case
        self.plan = keep_plan(engine, self.account)

    def stands(self, stage, mode=Mode.STOP, dates=DATES, cause=None, ended=False, **state):
        """The case, as its workflow and the read model tell it."""
        about = {"case": self.case, "account": self.account, "stage": stage}
        self.at.cases.record(StageRecord(**about, step=f"enter_{stage}", mode=mode, cause=cause, ended=ended), NOW)
        plan = {"approvals_required": {}, "approval_until": NOW, "reminder_at": NOW, "silence_at": NOW}
        agreed = Agreed(hash=self.plan.hash, mode=mode, cause=cause, dates=dates, **plan) if dates else None
        started = {"opened_at": NOW, "requested_by": "ana", "mode": mode, "agreed": agreed}
        self.client.state = None if ended else CaseState(**about, **started, **state)

    def decided(self, action, actor="customer", **details):
        about = {"case": self.case, "account": self.account, "stage": Stage.NOTICE, "step": f"decide_{action}"}
        self.at.cases.decide(Decision(**about, actor=actor, action=action, details=details), NOW)

    def page(self, path="", until=UNTIL, **other):
        about = {"purpose": "portal", "account": self.account, "case": self.case, "until": until}
        return f"/exit/{LINKS.token(Pass(**{**about, **other}))}{path}"

    @asynccontextmanager
    async def browser(self, now=NOW, **headers):
        transport = httpx.ASGITransport(pages_of(self.at, self.client, lambda: now), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="https://bajas.example", headers=headers) as web:
            yield web
