"""What every contract system must do, ours and one of others behind signed webhooks. Source: DOMAIN stages."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from connectors.builtin.contract import BuiltinContracts
from connectors.ports.company import ContractSystem
from connectors.store.directory import SqlDirectory
from connectors.store.sessions import reading, writing
from connectors.webhooks.contracts import WebhookContracts
from connectors.webhooks.sender import Sender
from models.tables.accounts import AccountStateRow, ContractRow
from models.vocabulary import Mode
from rules.plan import Wish, commit
from tests.contract.sample_account import AT, add_account
from tests.contract.sample_money import END
from tests.contract.webhook_receiver import SECRET, running_receiver
from tests.unit.sample_facts import INVENTORY, POLICY


@pytest.fixture(params=["sqlite", "postgresql", "webhook"])
def system(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def engine(request: pytest.FixtureRequest, system: str) -> Engine:
    """Where the rows are: a receiver of webhooks keeps them in SQLite."""
    return request.getfixturevalue("postgresql_engine" if system == "postgresql" else "sqlite_engine")


@pytest.fixture
def contracts(engine: Engine, system: str) -> Iterator[ContractSystem]:
    if system != "webhook":
        yield BuiltinContracts(engine)
        return
    with running_receiver() as receiver:
        receiver.contracts = BuiltinContracts(engine)
        yield WebhookContracts(Sender(receiver.url, SECRET, "contracts", embedded=True))


@pytest.fixture
def account(engine: Engine) -> str:
    return add_account(engine)


def rows(engine: Engine, account: str) -> list[ContractRow]:
    with reading(engine) as session:
        asked = select(ContractRow).where(ContractRow.account == account).order_by(ContractRow.id)
        return [row.model_copy() for row in session.exec(asked)]


def test_it_answers(contracts: ContractSystem) -> None:
    contracts.check()


def test_notice_dates_the_end_a_later_one_moves_it_and_withdrawing_takes_it_off(
    contracts: ContractSystem, engine: Engine, account: str
) -> None:
    before = rows(engine, account)
    first = contracts.serve_notice(account, AT, "case:serve_notice:-:1", AT)
    assert contracts.serve_notice(account, AT, "case:serve_notice:-:1", AT) == first
    contracts.serve_notice(account, END, "case:serve_notice:-:2", AT)
    assert [row.ends_at for row in rows(engine, account)] == [END]
    for generation in (2, 1, 1):
        contracts.withdraw_notice(account, f"case:serve_notice:-:{generation}", AT)
        assert rows(engine, account) == before


def test_freeze_and_unfreeze_are_harmless_again(contracts: ContractSystem, account: str) -> None:
    assert contracts.state(account) == "active"
    for _ in range(2):
        contracts.freeze(account, "case:freeze_account:-:1", AT)
        assert contracts.state(account) == "read_only"
    for _ in range(2):
        contracts.unfreeze(account, "case:freeze_account:-:1", AT)
        assert contracts.state(account) == "active"


def test_an_account_that_others_froze_stays_frozen(contracts: ContractSystem, engine: Engine, account: str) -> None:
    with writing(engine) as session:
        session.add(AccountStateRow(account=account, state="read_only"))
    contracts.freeze(account, "case:freeze_account:-:1", AT)
    contracts.unfreeze(account, "case:freeze_account:-:1", AT)
    assert contracts.state(account) == "read_only"


def test_stages_7_the_way_back_is_a_new_agreement_and_the_ended_one_stays_ended(
    contracts: ContractSystem, engine: Engine, account: str
) -> None:
    (old,) = rows(engine, account)
    contracts.freeze(account, "case:freeze_account:-:1", AT)
    key = f"{account}-1:terminate_contract:-:1"
    first = contracts.terminate(account, key, END)
    assert contracts.terminate(account, key, END) == first
    assert (first.count, contracts.state(account)) == (1, "ended")
    for _ in range(2):
        assert contracts.recontract(account, key, END).count == 1
    contracts.unfreeze(account, "case:freeze_account:-:1", END)
    ended, renewed = rows(engine, account)
    assert (ended.id, ended.state, ended.ended_at) == (old.id, "ended", END)
    assert (renewed.title, renewed.state, renewed.ended_at, renewed.started_on) == (
        old.title,
        "active",
        None,
        END.date(),
    )
    assert contracts.state(account) == "active"


def test_a_late_attempt_to_end_leaves_the_new_agreement_alone(
    contracts: ContractSystem, engine: Engine, account: str
) -> None:
    key = f"{account}-1:terminate_contract:-:1"
    contracts.terminate(account, key, END)
    contracts.recontract(account, key, END)
    contracts.terminate(account, key, END)
    assert [row.state for row in rows(engine, account)] == ["ended", "active"]
    assert contracts.state(account) == "read_only"


def test_contracts_that_ended_before_are_not_renewed(contracts: ContractSystem, engine: Engine, account: str) -> None:
    contracts.terminate(account, f"{account}-1:terminate_contract:-:1", AT)
    assert contracts.recontract(account, f"{account}-2:terminate_contract:-:1", AT).count == 0
    assert contracts.state(account) == "ended"


def test_an_add_on_comes_back_to_its_new_main_contract_and_a_term_that_is_over_does_not(
    contracts: ContractSystem, engine: Engine, account: str
) -> None:
    main, key = f"{account}-c", f"{account}-1:terminate_contract:-:1"
    with writing(engine) as session:
        terms: dict[str, Any] = {"title": "Add-on", "started_on": AT.date(), "part_of": main, "notice_months": 3}
        session.add(ContractRow(id=f"{account}-d", account=account, term_ends_on=AT.date(), **terms))
    contracts.terminate(account, key, END)
    contracts.recontract(account, key, END)
    renewed = {row.title: row for row in rows(engine, account) if row.state == "active"}
    assert renewed["Add-on"].part_of == renewed["Team"].id != main
    assert (renewed["Add-on"].term_ends_on, renewed["Add-on"].notice_months) == (None, 3)


def test_dates_4_an_affiliate_that_comes_back_after_the_groups_term_has_renewed_leaves_with_the_term_that_runs(
    contracts: ContractSystem, engine: Engine, account: str
) -> None:
    """Its new agreement says nothing of a term, and is newer than the one that it takes from the group."""
    head, key = f"{account}-c", f"{(affiliate := add_account(engine))}-1:terminate_contract:-:1"
    with writing(engine) as session:
        group = session.get_one(ContractRow, head)
        group.term_ends_on, group.notice_ends, group.renews = END.date() - timedelta(days=1), "term", True
        session.get_one(ContractRow, f"{affiliate}-c").part_of = head
    contracts.terminate(affiliate, key, END)
    contracts.recontract(affiliate, key, END + timedelta(days=9))
    facts = SqlDirectory(engine).facts(affiliate)
    wish = Wish(mode=Mode.STOP, requested_on=END.date() + timedelta(days=20))
    customer = facts.model_copy(update={"account": facts.account.model_copy(update={"jurisdiction": "US"})})
    (row,) = commit(customer, wish, POLICY, INVENTORY).contracts
    assert row.ends.at.date() == END.date().replace(year=END.year + 1)
