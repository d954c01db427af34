"""Sub-processors in the purge and after it: each request once, chased until somebody's word comes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.erasure import ErasureActivities
from connectors.errors import NotFound, Unavailable
from models.effects import ProcessorRequest, PurgeRequest, RecountRequest
from models.inventory import Processor
from models.plan import Duties
from models.processors import Asked, Confirmed, ProcessorAnswer
from models.vocabulary import Stage
from rules.processors import overdue, standing
from tests.fakes.evidence import MemoryStore
from tests.fakes.papers import ACCOUNT, CASE, INVENTORY, plan

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
NAME = "processor/newsletter"
DIRECTORY = SimpleNamespace(facts=lambda account: SimpleNamespace(account=SimpleNamespace(root_key="77")))


class Briefly:
    """Notes what it is asked; answers, or fails, as told."""

    def __init__(self):
        self.asked, self.answer, self.error = [], ProcessorAnswer(confirmed=False), None

    def ask(self, processor, account, root_key, key, at):
        self.asked.append((processor.name, account, root_key, key, at))
        if self.error:
            raise self.error
        return self.answer


class Company:
    def __init__(self):
        whole = plan().commitments
        duties = (Duties(name=NAME, export=False, erase="delete"),)
        self.plan = plan().model_copy(update={"commitments": whole.model_copy(update={"data_sets": duties})})
        self.store, self.briefly = MemoryStore(self.plan), Briefly()
        processor = Processor(name="newsletter", ask="mail", address="privacy@briefly.example")
        self.inventory = INVENTORY.model_copy(update={"processors": (processor,)})

    def do(self, method, kind, at=NOW, **fields):
        activities = ErasureActivities(
            product=None,
            objects=None,
            directory=DIRECTORY,
            identity=None,
            access=None,
            processors=self.briefly,
            store=self.store,
            inventory=self.inventory,
            files_bucket=None,
            export_bucket="packages",
        )
        env = ActivityEnvironment()
        env.info = replace(env.info, scheduled_time=at)
        about = {"case": CASE, "account": ACCOUNT, "stage": Stage.ERASE, "plan_hash": self.plan.hash, "step": method}
        return env.run(getattr(activities, method), kind(**{**about, **fields}))

    def purge(self):
        return self.do("purge", PurgeRequest, subject=NAME)

    def chase(self, turn, at=NOW):
        return self.do("chase_processor", ProcessorRequest, at, subject="newsletter", generation=turn)


@pytest.fixture
def company():
    return Company()


def test_stages_3_the_purge_asks_a_sub_processor_and_goes_on_without_waiting(company):
    result = company.purge()
    assert (result.name, result.before, result.erased, result.kept) == (NAME, 0, 0, 0)
    assert company.briefly.asked == [("newsletter", ACCOUNT, "77", f"{CASE}:purge:{NAME}:1", NOW)]
    (kept,) = company.store.documents(CASE, "processor")
    assert (kept["name"], kept["asked"], kept["confirmed_at"]) == ("newsletter", 1, None)
    assert company.do("recount", RecountRequest).left == {}


def test_a_second_run_of_the_purge_asks_nobody_again(company):
    assert company.purge() == company.purge()
    assert len(company.briefly.asked) == 1


def test_one_that_confirms_at_once_says_how_much_went(company):
    company.briefly.answer = ProcessorAnswer(confirmed=True, erased=41, reference="T-17")
    assert company.purge().erased == 41
    (kept,) = company.store.documents(CASE, "processor")
    assert datetime.fromisoformat(kept["confirmed_at"]) == NOW
    assert company.chase(1).confirmed
    assert len(company.briefly.asked) == 1


def test_one_that_cant_be_reached_is_asked_under_the_same_key_the_next_time(company):
    company.briefly.error = Unavailable("sub-processor newsletter", "it is down")
    with pytest.raises(Unavailable):
        company.purge()
    assert company.store.documents(CASE, "processor") == []
    company.briefly.error = None
    company.purge()
    assert {key for *_, key, _ in company.briefly.asked} == {f"{CASE}:purge:{NAME}:1"}


def test_stages_3_it_is_chased_under_a_key_of_its_own_each_time_until_it_confirms(company):
    company.purge()
    assert [(company.chase(turn).asked, company.chase(turn).confirmed) for turn in (1, 2)] == [(2, False), (3, False)]
    company.briefly.answer = ProcessorAnswer(confirmed=True, reference="done-9")
    last = company.chase(3)
    assert (last.asked, last.confirmed, last.reference) == (4, True, "done-9")
    assert company.chase(4) == last
    keys = [key for *_, key, _ in company.briefly.asked]
    assert keys == [f"{CASE}:purge:{NAME}:1", *(f"{CASE}:chase_processor:newsletter:{turn}" for turn in (1, 2, 3))]


def test_stages_3_a_person_s_word_ends_the_chase(company):
    company.purge()
    told = {"name": "newsletter", "by": "dora", "confirmed_at": NOW.isoformat(), "evidence": "their letter"}
    company.store.keep_document(CASE, "processor_confirmed", "k", told, NOW)
    assert (company.chase(1).asked, company.chase(1).confirmed) == (1, True)
    assert len(company.briefly.asked) == 1


@pytest.mark.parametrize("covered", [[], [NAME]])
def test_erasure_3_while_a_hold_covers_it_nobody_asks_a_sub_processor_to_erase(company, covered):
    company.store.held = [{"id": "h1", "data_sets": covered}]
    with pytest.raises(ApplicationError, match="h1 covers processor/newsletter"):
        company.purge()
    assert company.chase(1).asked == 0
    assert company.briefly.asked == []


def test_one_that_left_the_inventory_is_missed(company):
    company.inventory = INVENTORY
    with pytest.raises(NotFound, match="no sub-processor newsletter"):
        company.purge()


def test_it_is_overdue_once_it_has_left_the_last_request_unanswered():
    asked = [Asked(name="x", key=str(n), asked=n, asked_at=NOW + timedelta(days=7 * n)) for n in (1, 2)]
    last = standing("x", reversed(asked), ())
    assert last is not None
    assert last.asked == 2
    assert [overdue(last, 7, last.asked_at + timedelta(days=days)) for days in (7, 8)] == [False, True]
    told = standing(
        "x", asked, [Confirmed(name="x", by="dora", confirmed_at=NOW), Confirmed(name="y", by="d", confirmed_at=NOW)]
    )
    assert told is not None
    assert (told.confirmed_at, overdue(told, 7, NOW + timedelta(days=99))) == (NOW, False)
    assert standing("y", asked, ()) is None
