"""The purge erases what the plan says, honours holds, and remembers what there was."""

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities import holdings
from activities.erasure import ErasureActivities
from activities.holds import HELD_BY_LAW
from connectors.errors import NotFound, Rejected, Unavailable
from models.effects import PurgeRequest, RecountRequest
from models.hop import Hop
from models.vocabulary import Stage
from tests.fakes.evidence import MemoryObjects, MemoryProduct, MemoryStore
from tests.fakes.papers import ACCOUNT, CASE, INVENTORY, plan

ABOUT = {"case": CASE, "account": ACCOUNT, "stage": Stage.ERASE, "plan_hash": plan().hash}


class People:
    """Directory, identities and access in one; `active=False` counts all users."""

    def __init__(self):
        self.users, self.keys, self.notes = 2, {"api_key": 3}, 4

    def facts(self, account):
        class Facts:
            class account:  # noqa: N801
                root_key = "77"

        return Facts

    def count(self, account, what="users", *, active=True):
        return self.notes if what == "notes" else self.users // (2 if active else 1)

    def counts(self, account):
        return self.keys

    def erase(self, account, what):
        gone, self.notes = (self.notes, 0) if what == "notes" else (0, self.notes)
        return gone, gone

    def delete(self, account, limit=None):
        """Without a limit: credentials."""
        if limit is None:
            gone, self.keys = sum(self.keys.values()), {}
            return gone
        gone = min(self.users, limit)
        self.users -= gone
        return gone


class Company:
    def __init__(self):
        self.product = MemoryProduct(
            {"task": [[i, "x"] for i in range(2500)], "event": [[1, "Eva"], [2, "Ana"]], "invoice": [[1, "EUR 5"]]}
        )
        self.objects, self.people, self.store = MemoryObjects(), People(), MemoryStore(plan())
        self.inventory, self.processors = INVENTORY, None
        for key in ("uploads/77/a", "uploads/77/b", "uploads/78/not ours"):
            self.objects.put("files", key, b"x")
        self.objects.put("packages", "acme/acme-1/1/bagit.txt", b"x")
        self.objects.put("packages", "acme2/acme2-1/1/bagit.txt", b"not ours")

    def activities(self):
        return ErasureActivities(
            product=self.product,
            objects=self.objects,
            directory=self.people,
            identity=self.people,
            access=self.people,
            processors=self.processors,
            store=self.store,
            inventory=self.inventory,
            files_bucket="files",
            export_bucket="packages",
        )

    def purge(self, subject, on_heartbeat=None):
        environment = ActivityEnvironment()
        environment.on_heartbeat = on_heartbeat or (lambda *_: None)
        request = PurgeRequest(**ABOUT, step="purge", subject=subject)
        return environment.run(self.activities().purge, request)

    def purge_own(self):
        return ActivityEnvironment().run(self.activities().purge_own, PurgeRequest(**ABOUT, step="purge_own"))

    def recount(self):
        return ActivityEnvironment().run(self.activities().recount, RecountRequest(**ABOUT, step="recount"))


@pytest.fixture
def company():
    return Company()


@pytest.mark.parametrize(
    ("subject", "numbers"),
    [
        ("files/attachments", (2, 2, 0)),
        ("task", (2500, 2500, 0)),
        ("event", (2, 0, 2)),
        ("invoice", (1, 0, 1)),
        ("own/package", (1, 1, 0)),
        ("own/users", (5, 5, 0)),
        ("own/notes", (4, 4, 0)),
    ],
)
def test_erasure_7_each_kind_of_data_set_what_we_made_too_is_counted_and_erased_as_planned(company, subject, numbers):
    result = company.purge(subject)
    assert (result.before, result.erased, result.kept) == numbers
    assert company.purge(subject) == result


def test_erasure_7_what_we_made_goes_in_one_and_each_set_is_counted_and_proven_by_itself(company):
    result = company.purge_own()
    kept = {each["name"]: each["erased"] for each in company.store.documents(CASE, "purge")}
    assert kept == {"own/package": 1, "own/notes": 4}
    assert (result.before, result.erased, result.kept) == (5, 5, 0)
    assert company.people.users == 2, "users are another system's"
    assert company.purge_own() == result


def test_erasure_1_what_is_kept_is_counted_in_one_step_and_each_set_is_proven_by_itself(company):
    result = ActivityEnvironment().run(
        company.activities().count_retained, PurgeRequest(**ABOUT, step="count_retained")
    )
    names = [duty.name for duty in plan().commitments.data_sets if duty.erase == "retain"]
    assert [each["name"] for each in company.store.documents(CASE, "purge")] == names
    assert (result.before, result.erased, result.kept) == (1, 0, 1)
    assert company.purge("invoice").before == 1, "by itself it bears the same key: nothing is counted twice"
    assert len(company.store.documents(CASE, "purge")) == len(names)


def test_erasure_3_of_what_we_made_all_goes_but_what_a_hold_freezes(company):
    company.store.held = [{"id": "h1", "data_sets": ["own/package"]}]
    with pytest.raises(ApplicationError) as caught:
        company.purge_own()
    assert (caught.value.type, company.people.notes) == (HELD_BY_LAW, 0)
    assert [each["name"] for each in company.store.documents(CASE, "purge")] == ["own/notes"]
    company.store.held = []
    assert company.purge_own().erased == 5


def test_what_belongs_to_another_account_stays(company):
    company.purge("files/attachments")
    company.purge("own/package")
    assert list(company.objects.buckets["files"]) == ["uploads/78/not ours"]
    assert list(company.objects.buckets["packages"]) == ["acme2/acme2-1/1/bagit.txt"]


@pytest.mark.usefixtures("every_beat")
def test_a_purge_killed_in_the_middle_still_answers_with_the_first_count(company):
    def killed(name, erased=0):
        if erased >= holdings.ROWS_A_BATCH:
            raise Unavailable("worker", "killed")

    with pytest.raises(Unavailable):
        company.purge("task", on_heartbeat=killed)
    assert len(company.product.tables["task"]) == 1500
    assert company.store.documents(CASE, "purge") == []
    result = company.purge("task")
    assert (result.before, result.erased) == (2500, 2500)


@pytest.mark.parametrize("covered", [[], ["task"]])
def test_a_standing_hold_stops_the_purge_before_the_first_row(company, covered):
    company.store.held = [{"id": "h1", "data_sets": covered}]
    with pytest.raises(ApplicationError) as caught:
        company.purge("task")
    assert (caught.value.type, caught.value.non_retryable) == (HELD_BY_LAW, True)
    assert len(company.product.tables["task"]) == 2500


@pytest.mark.usefixtures("every_beat")
def test_a_hold_placed_during_the_purge_stops_it_before_the_next_batch(company):
    def place(name, erased=0):
        if erased:
            company.store.held = [{"id": "h1", "data_sets": ["task"]}]

    with pytest.raises(ApplicationError, match="h1"):
        company.purge("task", on_heartbeat=place)
    assert len(company.product.tables["task"]) == 1500
    company.store.held = []
    assert company.purge("task").before == 2500


def test_a_hold_on_another_data_set_doesnt_stop_this_one(company):
    company.store.held = [{"id": "h1", "data_sets": ["invoice"]}]
    assert company.purge("task").erased == 2500


def test_what_the_plan_doesnt_know_is_never_erased(company):
    with pytest.raises(Rejected, match="no data set org"):
        company.purge("org")


def test_an_inventory_that_changed_its_mind_since_the_approval_is_refused(company):
    changed = INVENTORY.data_sets[0].model_copy(update={"erase": "retain"})
    company.inventory = INVENTORY.model_copy(update={"data_sets": (changed,)})
    with pytest.raises(Rejected, match="plan says delete"):
        company.purge("task")
    with pytest.raises(NotFound):
        company.purge("event")


def test_the_recount_finds_what_is_left_and_keeps_only_a_clean_count(company):
    found = company.recount()
    assert found.left == {
        "files/attachments": 2, "task": 2500, "event": 2, "own/package": 1, "own/users": 5, "own/notes": 4,
    }  # fmt: skip
    assert company.store.documents(CASE, "recount") == []
    for duty in plan().commitments.data_sets:
        company.purge(duty.name)
    clean = company.recount()
    assert (clean.counted, clean.left) == (7, {})
    (document,) = company.store.documents(CASE, "recount")
    assert document["counts"]["invoice"] == 1
    assert document["counts"]["event"] == 2
    assert document["counts"]["task"] == 0


@pytest.fixture
def circle(company):
    """Tasks and events point at each other: whoever's turn comes first takes both."""
    data_sets = tuple(
        each.model_copy(update={"hops": (Hop.model_validate(hop),), "erase": "delete"})
        for each, hop in zip(
            INVENTORY.data_sets, ("task.event_id -> event.id", "event.task_id -> task.id"), strict=False
        )
    )
    inventory = INVENTORY.model_copy(update={"data_sets": (*data_sets, INVENTORY.data_sets[2])})
    duties = tuple(
        each.model_copy(update={"erase": "delete"}) if each.name == "event" else each
        for each in plan().commitments.data_sets
    )
    changed = plan().model_copy(update={"commitments": plan().commitments.model_copy(update={"data_sets": duties})})
    company.store.the_plan, company.inventory = changed, inventory
    company.product.together = {"task": ["event"], "event": ["task"]}
    return company


def test_a_circle_s_data_sets_each_remember_what_they_had_before_the_first_goes(circle):
    first, second = circle.purge("task"), circle.purge("event")
    assert (first.before, first.erased, second.before, second.erased) == (2500, 2500, 2, 2)


def test_a_hold_on_any_data_set_of_a_circle_stops_all_of_it(circle):
    circle.store.held = [{"id": "h1", "data_sets": ["event"]}]
    with pytest.raises(ApplicationError, match="h1 covers event"):
        circle.purge("task")
    assert len(circle.product.tables["task"]) == 2500


def test_rows_that_stay_by_decision_are_kept_not_erased(company):
    company.product.of_two["task"] = 3
    result = company.purge("task")
    assert (result.before, result.erased, result.kept) == (2500, 2497, 3)
    assert "task" not in company.recount().left


def test_rows_that_another_attempt_holds_are_tried_again_and_never_taken_for_gone(company, monkeypatch):
    """PostgreSQL finds none of those that another transaction is deleting: that isn't the end."""
    monkeypatch.setattr(company.product, "_erase", lambda *_: 0)
    with pytest.raises(Unavailable, match="2500 rows of task are there"):
        company.purge("task")
    assert company.store.documents(CASE, "purge") == []
    monkeypatch.undo()
    assert company.purge("task").erased == 2500


def test_erasure_3_a_hold_on_rows_freezes_what_they_point_at_in_the_purge_too(company):
    task, event, invoice = company.inventory.data_sets
    pointing = task.model_copy(update={"hops": (Hop.model_validate("task.invoice_id -> invoice.id"),)})
    company.inventory = INVENTORY.model_copy(update={"data_sets": (pointing, event, invoice)})
    company.store.held = [{"id": "h1", "data_sets": ["task"]}]
    assert company.purge("event").kept == 2
    assert company.purge("invoice").kept == 1  # it's retained anyway
    with pytest.raises(ApplicationError, match="h1 covers task"):
        company.purge("task")
