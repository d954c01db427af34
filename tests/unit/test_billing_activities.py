"""The money's activities over the built-in billing system."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine

from activities.billing import BillingActivities
from connectors.builtin.billing import BuiltinBilling
from connectors.errors import Unavailable
from connectors.store.cases import SqlCaseStore
from connectors.store.directory import SqlDirectory
from connectors.store.sessions import writing
from models.effects import AtRequest, StatementRequest, StatementResult, UndoRequest
from models.ledger import digest
from models.money import Settlement
from models.policy import read_policy
from models.tables.billing import UsageRow
from tests.contract.sample_money import END
from tests.unit.own_database import asked, company, environment, receipts

POLICY = read_policy(Path(__file__).parents[2] / "policy.toml")


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[Engine, str]]:
    yield from company(tmp_path)


def activities(engine: Engine, billing: BuiltinBilling | None = None) -> BillingActivities:
    return BillingActivities(
        billing=billing or BuiltinBilling(engine),
        store=SqlCaseStore(engine),
        directory=SqlDirectory(engine),
        policy=POLICY,
    )


def close(engine: Engine, account: str, billing: BuiltinBilling | None = None) -> StatementResult:
    request = asked(StatementRequest, account, "close_statement", billing_end=END)
    return environment().run(activities(engine, billing).close_statement, request)


def kept(engine: Engine, account: str) -> dict:
    (statement,) = SqlCaseStore(engine).documents(f"{account}-1", "statement")
    return dict(statement)


def test_money_5_the_statement_closes_and_agrees_with_the_billing_system(opened: tuple[Engine, str]) -> None:
    engine, account = opened
    result = close(engine, account)
    assert (result.closed, result.differs, result.handed_over) == (True, {}, {"JPY": Decimal(4000)})
    statement = kept(engine, account)
    assert result.digest == statement["digest"] == digest(statement["statements"])
    assert [(x["currency"], x["total"]) for x in statement["statements"]] == [
        ("EUR", "0.00"),
        ("JPY", "0"),
        ("KWD", "0.000"),
    ]
    assert dict(receipts(engine, account))["refund EUR"] == 1


def test_money_7_a_second_attempt_answers_the_statement_of_the_first(opened: tuple[Engine, str]) -> None:
    engine, account = opened
    first, books = close(engine, account), BuiltinBilling(engine).state(account, END)
    assert close(engine, account) == first
    assert BuiltinBilling(engine).state(account, END) == books


def test_an_attempt_that_dies_before_applying_binds_the_next_one(opened: tuple[Engine, str]) -> None:
    engine, account = opened

    class Down(BuiltinBilling):
        def settle(self, *_: object) -> list:
            raise Unavailable("billing", "down")

    with pytest.raises(Unavailable):
        close(engine, account, Down(engine))
    promised = kept(engine, account)
    _add_late_usage(engine, account)
    result = close(engine, account)
    assert kept(engine, account) == promised
    assert (result.digest, result.closed, result.differs) == (promised["digest"], False, {"EUR": Decimal(7)})


def test_stages_7_reversing_the_statement_gives_back_the_money_of_before(opened: tuple[Engine, str]) -> None:
    engine, account = opened
    before = BuiltinBilling(engine).state(account, END)
    close(engine, account)
    undoes = asked(StatementRequest, account, "close_statement", billing_end=END).idempotency_key
    undo = asked(UndoRequest, account, "undo_close_statement", undoes=undoes)
    for _ in range(2):
        environment().run(activities(engine).reverse_statement, undo)
        assert BuiltinBilling(engine).state(account, END) == before


def test_charges_stop_and_go_on_and_again_is_harmless(opened: tuple[Engine, str]) -> None:
    engine, account = opened
    does = activities(engine)
    for step, method, back in (
        ("stop_renewal", does.stop_renewal, does.resume_renewal),
        ("freeze_charges", does.freeze_charges, does.unfreeze_charges),
    ):
        request = asked(AtRequest, account, step, at=END)
        undo = asked(UndoRequest, account, f"undo_{step}", undoes=request.idempotency_key)
        assert environment().run(method, request) == environment().run(method, request)
        assert environment().run(back, undo) == environment().run(back, undo)
    assert sorted(receipts(engine, account)) == [
        ("freeze", 3),
        ("resume_renewal", 2),
        ("stop_renewal", 2),
        ("unfreeze", 3),
    ]


def test_a_settlement_survives_its_json(opened: tuple[Engine, str]) -> None:
    engine, account = opened
    close(engine, account)
    body = kept(engine, account)
    assert Settlement.model_validate(body).model_dump(mode="json") == {k: body[k] for k in ("statements", "documents")}


def _add_late_usage(engine: Engine, account: str) -> None:
    with writing(engine) as session:
        about = {"account": account, "description": "SMS", "currency": "EUR", "used_at": END.replace(day=1)}
        session.add(UsageRow(id=f"{account}-late", amount=Decimal(7), **about))
