"""The contract's activities over the built-in contract system: every step twice, and back twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from activities.contract import ContractActivities
from connectors.builtin.contract import BuiltinContracts
from connectors.store.cases import SqlCaseStore
from models.effects import AtRequest, UndoRequest
from tests.contract.sample_money import END
from tests.unit.own_database import asked, company, environment, receipts


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[Engine, str]]:
    yield from company(tmp_path)


def test_stages_7_every_step_and_its_way_back_are_harmless_again(opened: tuple[Engine, str]) -> None:
    engine, account = opened
    contracts = BuiltinContracts(engine)
    does = ContractActivities(contracts=contracts, store=SqlCaseStore(engine))
    steps = [
        ("serve_notice", does.serve_notice, does.withdraw_notice, "active"),
        ("freeze_account", does.freeze_account, does.unfreeze_account, "read_only"),
        ("terminate_contract", does.terminate_contract, does.renew_contract, "ended"),
    ]
    before = "active"
    standing = []
    for step, method, _, after in steps:
        standing.append(before)
        for _ in range(2):
            environment().run(method, asked(AtRequest, account, step, at=END))
            assert contracts.state(account) == after
        before = after
    for (step, _, back, _), was in zip(reversed(steps), reversed(standing), strict=True):
        undoes = asked(AtRequest, account, step, at=END).idempotency_key
        for _ in range(2):
            environment().run(back, asked(UndoRequest, account, f"undo_{step}", undoes=undoes))
            assert contracts.state(account) == was
    assert sorted(receipts(engine, account)) == [
        ("freeze", 1),
        ("recontract", 1),
        ("serve_notice", 1),
        ("terminate", 1),
        ("unfreeze", 1),
        ("withdraw_notice", 1),
    ]
