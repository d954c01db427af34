"""A case's plan and the policy that it rests on, kept as `make_plan` keeps them."""

from datetime import date
from typing import Any

from sqlalchemy import Engine

from connectors.store.cases import SqlCaseStore
from connectors.store.directory import SqlDirectory
from models.plan import Estimates, Plan
from models.policy import Policy
from models.vocabulary import Mode
from rules.plan import commit, plan_hash
from rules.wish import Wish
from tests.unit.own_database import NOW
from tests.unit.sample_facts import INVENTORY, POLICY

TODAY = date(2026, 11, 16)


def keep_plan(
    engine: Engine, account: str, *, requested_on: date = TODAY, policy: Policy = POLICY, **wish: Any
) -> Plan:
    """The plan of the account's first case, to stop unless `wish` says otherwise, without estimates."""
    facts = SqlDirectory(engine).facts(account)
    wished = Wish(**{"mode": Mode.STOP, "requested_on": requested_on, **wish})
    commitments = commit(facts, wished, policy, INVENTORY)
    plan = Plan(
        hash=plan_hash(commitments),
        commitments=commitments,
        estimates=Estimates(rows={}, users=0, credentials={}, statement=(), messages=()),
        approvals_required=commitments.gates,
    )
    store = SqlCaseStore(engine)
    store.keep_policy(commitments.policy_sha256, policy, NOW)
    store.keep_plan(f"{account}-1", plan, NOW)
    return plan
