"""An offer is made when it is first looked at, once, and its answer is kept. Source: DOMAIN messages.4."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from activities.cases import CaseActivities
from activities.offers import OfferActivities, make_offer, reason_of
from connectors.builtin.billing import BuiltinBilling
from connectors.errors import NotFound, Unavailable
from connectors.keys import FolderKeyStore
from connectors.store.cases import SqlCaseStore
from connectors.store.directory import SqlDirectory
from connectors.store.ledger import SqlLedger
from connectors.store.offers import SqlOffers
from models.case import CaseState, Decision, StageRecord
from models.payload import EffectRequest
from models.vocabulary import Mode, OfferKind, Reason, Stage
from tests.contract.sample_account import request_for
from tests.unit.own_database import NOW, company, environment
from tests.unit.sample_facts import POLICY

MASTER_KEY = base64.b64encode(b"k" * 32).decode()


@pytest.fixture
def at(tmp_path: Any) -> Iterator[SimpleNamespace]:
    for engine, account in company(tmp_path):
        stores = {"directory": SqlDirectory(engine), "cases": SqlCaseStore(engine), "offers": SqlOffers(engine)}
        systems = {
            "billing": BuiltinBilling(engine),
            "ledger": SqlLedger(engine),
            "keys": FolderKeyStore(tmp_path / "keys", MASTER_KEY),
        }
        yield SimpleNamespace(**stores, **systems, policy=POLICY, account=account)


@pytest.fixture
def case(at: SimpleNamespace) -> Any:
    at.cases.open_case(request_for(at.account), NOW)
    return at.cases.case(at.account)


def state(case: Any, **fields: Any) -> CaseState:
    about = {"mode": Mode.STOP, "stage": Stage.NOTICE, "opened_at": NOW, "requested_by": "ana"}
    return CaseState(**{"case": case["id"], "account": case["account"], **about, **fields})


def decide(at: SimpleNamespace, case: Any, action: str, number: int = 1, **details: str) -> None:
    decision = Decision(
        case=case["id"],
        account=case["account"],
        stage=Stage.NOTICE,
        step=f"decide_{action}",
        actor="customer",
        action=action,
        details=details,
        generation=number,
    )
    told = CaseActivities(store=at.cases, directory=at.directory, offers=at.offers)
    environment().run(told.record_decision, decision)


def made(at: SimpleNamespace, case: str) -> int:
    return sum(entry.action == "offer_made" for entry in at.ledger.entries(case))


def test_messages_4_looking_again_finds_the_same_offer_and_one_entry(at: SimpleNamespace, case: Any) -> None:
    first = make_offer(at, case, state(case), NOW)
    assert first is not None
    assert (first.reason, first.answer) == (Reason.PRICE, None)
    later = make_offer(at, case, state(case), NOW + timedelta(days=3))
    assert (later, made(at, case["id"])) == (first, 1)


def test_killed_between_keeping_and_telling_the_ledger_the_next_look_tells_it(at: SimpleNamespace, case: Any) -> None:
    silent = SimpleNamespace(**{**vars(at), "ledger": Broken()})
    with pytest.raises(Unavailable):
        make_offer(silent, case, state(case), NOW)
    assert (at.offers.of(case["id"]) is not None, made(at, case["id"])) == (True, 0)
    make_offer(at, case, state(case), NOW)
    assert made(at, case["id"]) == 1


class Broken:
    """A ledger that can't be written."""

    def append(self, *_: object) -> None:
        raise Unavailable("ledger", "no answer")


@pytest.mark.parametrize(
    "fields",
    [
        {"stage": Stage.WITHDRAWN},
        {"undo": "withdraw"},
        {"sent": ("goodbye.1",)},
        {"offer": "other", "offer_accepted": False},
    ],
)
def test_messages_4_nothing_is_offered_to_who_stays_or_has_said_goodbye(
    at: SimpleNamespace, case: Any, fields: dict[str, Any]
) -> None:
    assert make_offer(at, case, state(case, **fields), NOW) is None
    assert made(at, case["id"]) == 0


def test_messages_4_nothing_is_made_of_a_case_that_does_not_answer(at: SimpleNamespace, case: Any) -> None:
    assert make_offer(at, case, None, NOW) is None
    first = make_offer(at, case, state(case), NOW)
    assert make_offer(at, case, None, NOW) == first


def test_messages_4_who_is_not_billed_gets_no_price(at: SimpleNamespace, case: Any) -> None:
    at.billing = SimpleNamespace(state=refusing(NotFound("stripe", "no billing_id")))
    assert make_offer(at, case, state(case), NOW) is None
    decide(at, case, "set_contact_preference", reason="other")
    offer = make_offer(at, case, state(case), NOW)
    assert offer is not None
    assert offer.kind is OfferKind.PERSON


def test_a_billing_system_that_is_down_makes_no_offer_for_good(at: SimpleNamespace, case: Any) -> None:
    up = at.billing
    at.billing = SimpleNamespace(state=refusing(Unavailable("stripe", "no answer")))
    with pytest.raises(Unavailable):
        make_offer(at, case, state(case), NOW)
    at.billing = up
    assert make_offer(at, case, state(case), NOW) is not None


def refusing(error: Exception) -> Any:
    def refuse(*_: object) -> None:
        raise error

    return refuse


def test_messages_4_the_customers_own_reason_comes_before_the_managers(at: SimpleNamespace, case: Any) -> None:
    assert reason_of(at.cases, case) is Reason.PRICE
    decide(at, case, "set_contact_preference", 1, reason="competitor")
    decide(at, case, "set_contact_preference", 2, channel="email")
    assert reason_of(at.cases, case) is Reason.COMPETITOR


def test_messages_4_answer_and_promise_are_kept_with_their_decisions(at: SimpleNamespace, case: Any) -> None:
    offer = make_offer(at, case, state(case), NOW)
    assert offer is not None
    for _ in range(2):
        decide(at, case, "answer_offer", offer=offer.id, answer="accepted", kind=offer.kind)
    decide(at, case, "resolve_task", 2, task="T9", outcome="done")
    assert at.offers.of(case["id"]).kept_at is None
    decide(at, case, "resolve_task", 3, task="T1", outcome="skip", offer=offer.id)
    assert (at.offers.of(case["id"]).answer, at.offers.of(case["id"]).kept_at) == ("accepted", None)
    decide(at, case, "resolve_task", 4, task="T1", outcome="done", offer=offer.id)
    assert at.offers.of(case["id"]).kept_by == "customer"


# -- the pause that is accepted


def ended(at: SimpleNamespace, case: Any) -> None:
    about = {"case": case["id"], "account": case["account"], "step": "enter"}
    at.cases.record(StageRecord(**about, stage=Stage.WITHDRAWN, mode=Mode.STOP, ended=True), NOW)


def opened(at: SimpleNamespace, case: Any) -> Any:
    activities = OfferActivities(directory=at.directory, store=at.cases, offers=at.offers)
    request = EffectRequest(case=case["id"], account=case["account"], stage=Stage.WITHDRAWN, step="open_pause")
    return _environment().run(activities.open_pause, request).request


def _environment() -> ActivityEnvironment:
    env = ActivityEnvironment()
    env.info = replace(env.info, scheduled_time=datetime(2026, 11, 20, 9, tzinfo=UTC))
    return env


def accepted_pause(at: SimpleNamespace, case: Any) -> Any:
    decide(at, case, "set_contact_preference", reason="too_little_use")
    offer = make_offer(at, case, state(case), NOW)
    assert offer is not None
    assert offer.kind is OfferKind.PAUSE
    decide(at, case, "answer_offer", 2, offer=offer.id, answer="accepted", kind=offer.kind)
    ended(at, case)
    return offer


def test_messages_4_an_accepted_pause_opens_one_case_however_often(at: SimpleNamespace, case: Any) -> None:
    offer = accepted_pause(at, case)
    first, again = opened(at, case), opened(at, case)
    assert first == again
    assert (first.mode, first.requested_by, first.manager) == (Mode.PAUSE, "customer", "ana")
    assert first.resume_on == NOW.date() + timedelta(days=1 + offer.terms.days)
    assert len(at.cases.cases()) == 2


def test_stages_4_who_asked_for_another_exit_meanwhile_gets_that_one(at: SimpleNamespace, case: Any) -> None:
    accepted_pause(at, case)
    at.cases.open_case(request_for(at.account), NOW)
    assert opened(at, case) is None


def test_messages_4_no_pause_is_opened_that_nobody_accepted(at: SimpleNamespace, case: Any) -> None:
    ended(at, case)
    with pytest.raises(NotFound):
        opened(at, case)


def test_messages_4_an_offered_pause_is_kept_once_it_has_begun(at: SimpleNamespace, case: Any) -> None:
    accepted_pause(at, case)
    pause = opened(at, case)
    told = CaseActivities(store=at.cases, directory=at.directory, offers=at.offers)
    about = {"case": pause.case, "account": pause.account, "step": "enter", "mode": Mode.PAUSE}
    environment().run(told.record_stage, StageRecord(**about, stage=Stage.NOTICE))
    assert at.offers.of(case["id"]).kept_at is None
    environment().run(told.record_stage, StageRecord(**about, stage=Stage.PAUSED))
    assert at.offers.of(case["id"]).kept_by == "farewell"
