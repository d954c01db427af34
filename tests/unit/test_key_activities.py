"""The account's key is destroyed last, once, and provably; the others once nobody needs them."""

import base64
import secrets
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from temporalio import activity
from temporalio.api.common.v1 import Payload
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.keys import KEY_DESTRUCTION, KeyActivities, sweep
from connectors.codec import seal, unseal_bytes
from connectors.errors import Gone, NotFound, Rejected, Unavailable
from connectors.keys import FolderKeyStore
from models.closing import EvidenceRequest, KeyResult
from models.keys import KeyScope
from models.payload import EffectRequest
from models.vocabulary import Stage
from tests.fakes.evidence import MemoryStore
from tests.fakes.papers import ACCOUNT, CASE, POLICY, plan

ACME = KeyScope.of_account(ACCOUNT)
WORKFLOW = f"offboarding-{CASE}"
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Killed(BaseException):
    """The process ends here."""


class Histories:
    """One payload of the case, sealed when the case began; and which workflows run."""

    def __init__(self, keys):
        self.payload = seal(keys, ACME, Payload(data=b"Eva is moving to Lima")).SerializeToString()
        self.running, self.unknown, self.down = set(), set(), False

    def sealed_payload(self, workflow):
        assert workflow == WORKFLOW
        return self.payload

    def closed(self, workflow):
        if self.down:
            raise Unavailable("Temporal", "no server answers")
        if workflow in self.unknown:
            raise NotFound("Temporal", "no such workflow")
        return workflow not in self.running


class Closing:
    """A case whose workflow has closed, and what destroys its key; `again` is another process."""

    def __init__(self, folder):
        self._folder, self._master = folder, base64.b64encode(secrets.token_bytes(32)).decode()
        self.keys = FolderKeyStore(folder, self._master)
        self.store, self.histories = MemoryStore(plan()), Histories(self.keys)
        self.store.keep_policy(plan().commitments.policy_sha256, POLICY, AT)
        self.again()

    def again(self):
        self.keys = FolderKeyStore(self._folder, self._master)
        self.activities = KeyActivities(
            keys=self.keys, store=self.store, histories=self.histories, unseal=partial(unseal_bytes, self.keys)
        )

    def destroy(self, at=AT):
        about = {"case": CASE, "account": ACCOUNT, "stage": Stage.CERTIFY, "step": "destroy_account_key"}
        request = EvidenceRequest(**about, plan_hash=plan().hash, opened_at=AT)
        return ran(f"closing-{CASE}", self.activities.destroy_account_key, request, at)

    def opens(self):
        try:
            return bool(unseal_bytes(self.keys, self.histories.payload))
        except Gone:
            return False


def ran(workflow, method, request, at=AT):
    environment = ActivityEnvironment()
    told = {"workflow_id": workflow, "scheduled_time": at}
    environment.info = activity.Info(**{**vars(environment.info), **told})
    return environment.run(method, request)


@pytest.fixture
def closing(tmp_path):
    return Closing(tmp_path / "keys")


def test_erasure_6_the_accounts_key_is_destroyed_and_that_is_proven_on_an_old_payload(closing):
    assert closing.opens()
    result = closing.destroy()
    assert (result.ids, result.at, closing.opens()) == (("account/acme/1",), AT, False)
    assert f"a payload of {WORKFLOW} (sha256:" in result.proven
    (document,) = closing.store.documents(CASE, KEY_DESTRUCTION)
    assert KeyResult.model_validate(document) == result
    assert document["copies_until"] == (AT + timedelta(days=POLICY.house.key_copies_days)).isoformat()


def test_erasure_6_a_second_run_answers_the_same_even_when_the_customer_has_come_back_since(closing):
    first = closing.destroy()
    closing.keys.reopen(ACME)
    new = closing.keys.sealing(ACME)
    closing.again()
    assert closing.destroy(AT + timedelta(hours=1)) == first
    assert closing.keys.opening(new.id) == new
    assert len(closing.store.documents(CASE, KEY_DESTRUCTION)) == 1


@pytest.mark.parametrize("last", ["sealed_payload", "destroy", "unseal", "keep"])
def test_erasure_6_killed_after_any_of_its_steps_the_next_run_finishes(closing, monkeypatch, last):
    def killed(then):
        def call(*args):
            then(*args)
            raise Killed

        return call

    holders = {"destroy": closing.keys, "sealed_payload": closing.histories}
    if last == "unseal":
        monkeypatch.setattr(closing.activities, "_proven", killed(closing.activities._proven))
    elif last == "keep":
        monkeypatch.setattr(closing.activities, "_copies_until", killed(closing.activities._copies_until))
    else:
        monkeypatch.setattr(holders[last], last, killed(getattr(holders[last], last)))
    with pytest.raises(Killed):
        closing.destroy()
    monkeypatch.undo()
    closing.again()
    result = closing.destroy(AT + timedelta(hours=1))
    assert (result.ids, closing.opens()) == (("account/acme/1",), False)
    assert result.at == (AT if last != "sealed_payload" else AT + timedelta(hours=1))
    assert len(closing.store.documents(CASE, KEY_DESTRUCTION)) == 1


def test_erasure_3_no_key_is_destroyed_while_a_hold_stands(closing):
    closing.store.held = [{"id": "h1", "data_sets": ["task"]}]
    with pytest.raises(ApplicationError) as refused:
        closing.destroy()
    assert (refused.value.type, refused.value.non_retryable) == ("HeldByLaw", True)
    assert closing.opens()
    closing.store.held = []
    assert closing.destroy().ids


def test_a_payload_that_still_opens_is_told_and_nothing_is_certified(closing):
    closing.activities._unseal = lambda payload: "it opens"
    with pytest.raises(Rejected, match="still opens"):
        closing.destroy()
    assert closing.store.documents(CASE, KEY_DESTRUCTION) == []


@pytest.mark.parametrize("kind", ["follow-up", "closing"])
def test_erasure_6_a_released_key_is_destroyed_once_its_workflow_has_closed_and_not_before(closing, kind):
    scope = KeyScope.of_workflow(f"{kind}-{CASE}")
    key = closing.keys.sealing(scope)
    about = EffectRequest(case=CASE, account=ACCOUNT, stage=Stage.CLOSED, step="release_key")
    closing.histories.running = {f"{kind}-{CASE}"}
    assert sweep(closing.keys, closing.histories, AT) == []
    for _ in range(2):
        ran(f"{kind}-{CASE}", closing.activities.release_key, about)
        assert sweep(closing.keys, closing.histories, AT) == []
    assert closing.keys.opening(key.id) == key
    closing.histories.running = set()
    (destroyed,) = sweep(closing.keys, closing.histories, AT)
    assert (destroyed.scope, destroyed.ids) == (scope, (key.id,))
    assert sweep(closing.keys, closing.histories, AT) == []
    assert closing.opens(), "the account's own is another's matter"


def test_a_workflow_that_temporal_has_forgotten_needs_no_key(closing):
    scope = KeyScope.of_closing(CASE)
    closing.keys.sealing(scope)
    closing.keys.may_end(scope)
    closing.histories.unknown = {f"closing-{CASE}"}
    assert [each.scope for each in sweep(closing.keys, closing.histories, AT)] == [scope]


def test_where_temporal_doesnt_answer_no_key_goes(closing):
    scope = KeyScope.of_closing(CASE)
    key = closing.keys.sealing(scope)
    closing.keys.may_end(scope)
    closing.histories.down = True
    with pytest.raises(Unavailable):
        sweep(closing.keys, closing.histories, AT)
    assert closing.keys.opening(key.id) == key


@pytest.mark.parametrize("moment", ["before", "after"])
def test_erasure_6_a_sweep_that_is_killed_is_finished_by_the_next_workers(closing, monkeypatch, moment):
    scopes = [KeyScope.of_closing(CASE), KeyScope.of_follow_ups(CASE)]
    ids = [closing.keys.sealing(scope).id for scope in scopes]
    for scope in scopes:
        closing.keys.may_end(scope)
    destroy = closing.keys.destroy

    def deadly(scope, at):
        if scope == scopes[1] and moment == "before":
            raise Killed
        destroy(scope, at)
        if scope == scopes[1]:
            raise Killed

    monkeypatch.setattr(closing.keys, "destroy", deadly)
    with pytest.raises(Killed):
        sweep(closing.keys, closing.histories, AT)
    closing.again()
    finished = sweep(closing.keys, closing.histories, AT)
    assert [each.scope for each in finished] == ([scopes[1]] if moment == "before" else [])
    for key_id in ids:
        with pytest.raises(Gone):
            closing.keys.opening(key_id)
