"""Every effect leaves an entry; no error leaves untranslated."""

import asyncio
import base64
import time
from datetime import UTC, datetime

import pytest
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from activities.ledger import LedgerInterceptor, key_of_case, keyed_digest, record_refusal
from connectors.errors import Gone, Rejected, Unavailable
from connectors.keys import FolderKeyStore
from models.case import Decision, Noted
from models.keys import KeyScope
from models.payload import EffectRequest, Payload
from models.vocabulary import Stage
from rules.chain import first_fault
from tests.fakes.evidence import MemoryLedger, OneKey

REQUEST = EffectRequest(case="acme-1", account="acme", stage=Stage.FREEZE, step="freeze_account", actor="ana")
DECISION = Decision(case="acme-1", account="acme", stage=Stage.NOTICE, step="decide", actor="ana", action="withdraw")
KEY = OneKey().digest_key("offboarding-acme-1")


class _Thread(ActivityInboundInterceptor):
    """The innermost interceptor of a worker: runs the sync function in a thread."""

    def __init__(self):
        pass

    async def execute_activity(self, input):  # noqa: A002  # the SDK's name
        return await asyncio.to_thread(input.fn, *input.args)


async def run(ledger, fn, *args, attempt=1):
    environment = ActivityEnvironment()
    told = {"attempt": attempt, "activity_type": "freeze_account", "workflow_id": "offboarding-acme-1"}
    environment.info = activity.Info(**{**vars(environment.info), **told})
    recorder = LedgerInterceptor(ledger, OneKey()).intercept_activity(_Thread())
    given = ExecuteActivityInput(fn=fn, args=args, executor=None, headers={})
    return await environment.run(recorder.execute_activity, given)


async def test_an_effect_that_happened_is_an_entry_with_keyed_digests():
    ledger = MemoryLedger()
    answer = await run(ledger, lambda request: Noted(text="frozen"), REQUEST)
    (entry,) = ledger.chain
    assert answer == Noted(text="frozen")
    assert (entry.actor, entry.action, entry.stage, entry.outcome) == ("ana", "freeze_account", "freeze", "done")
    assert entry.input_hmac == keyed_digest(KEY, REQUEST.model_dump(mode="json"))
    assert entry.output_hmac == keyed_digest(KEY, {"text": "frozen"})
    assert first_fault([entry.model_dump(mode="json")]) is None


async def test_a_connector_error_is_an_entry_and_reaches_temporal_translated_and_alone():
    def fails(request):
        try:
            {}["x" * 9000]
        except KeyError:
            raise Rejected("billing", "no", "ask finance")  # noqa: B904  # a careless adapter

    ledger = MemoryLedger()
    with pytest.raises(ApplicationError) as caught:
        await run(ledger, fails, REQUEST)
    assert (caught.value.type, caught.value.non_retryable) == ("Rejected", True)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert ledger.chain[0].outcome == "failed"
    assert ledger.chain[0].output_hmac == keyed_digest(KEY, "Rejected")


async def test_a_bug_is_an_entry_and_rises_as_it_is():
    ledger = MemoryLedger()
    with pytest.raises(ZeroDivisionError):
        await run(ledger, lambda request: 1 / 0, REQUEST)
    assert ledger.chain[0].output_hmac == keyed_digest(KEY, "ZeroDivisionError")


async def test_an_application_error_is_known_by_its_type():
    def held(request):
        raise ApplicationError("held", type="HeldByLaw", non_retryable=True)

    ledger = MemoryLedger()
    with pytest.raises(ApplicationError, match="held"):
        await run(ledger, held, REQUEST)
    assert ledger.chain[0].output_hmac == keyed_digest(KEY, "HeldByLaw")


async def test_an_effect_whose_entry_cant_be_written_fails_as_transient_and_runs_again():
    class Down(MemoryLedger):
        down = True

        def append(self, fact, ref):
            if self.down:
                raise Unavailable("database", "refused")
            return super().append(fact, ref)

    ledger, effects = Down(), []
    with pytest.raises(ApplicationError) as caught:
        await run(ledger, effects.append, REQUEST)
    assert (caught.value.type, caught.value.non_retryable) == ("Unavailable", False)
    ledger.down = False
    await run(ledger, effects.append, REQUEST, attempt=2)
    assert [(entry.seq, entry.attempt) for entry in ledger.chain] == [(1, 2)]
    assert len(effects) == 2


async def test_the_same_attempt_twice_is_one_entry():
    ledger = MemoryLedger()
    for _ in range(2):
        await run(ledger, lambda request: Noted(), REQUEST)
    assert len(ledger.chain) == 1


async def test_a_slow_ledger_doesnt_stop_the_loop():
    class Slow(MemoryLedger):
        def append(self, fact, ref):
            time.sleep(0.2)
            return super().append(fact, ref)

    ledger, beats = Slow(), []

    async def beat():
        while True:
            beats.append(1)
            await asyncio.sleep(0.01)

    heart = asyncio.create_task(beat())
    await run(ledger, lambda request: Noted(), REQUEST)
    heart.cancel()
    assert len(beats) > 5


async def test_what_is_no_effect_leaves_no_entry_but_is_translated():
    class Question(Payload):
        case: str = "acme-1"

    def fails(question):
        raise Unavailable("S3", "gone")

    ledger = MemoryLedger()
    assert await run(ledger, lambda question: 7, Question()) == 7
    with pytest.raises(ApplicationError, match="S3"):
        await run(ledger, fails, Question())
    assert ledger.chain == []


async def test_a_decision_is_recorded_by_its_own_name():
    ledger = MemoryLedger()
    await run(ledger, lambda decision: Noted(), DECISION)
    assert ledger.chain[0].action == "withdraw"


def test_a_refusal_is_an_entry_of_whoever_asked():
    ledger, at = MemoryLedger(), datetime(2026, 3, 1, tzinfo=UTC)
    record_refusal(ledger, OneKey(), DECISION, "past the pivot", at)
    record_refusal(ledger, OneKey(), DECISION, "past the pivot", at)
    assert [(e.seq, e.action, e.outcome, e.actor) for e in ledger.chain] == [
        (1, "withdraw", "refused", "ana"),
        (2, "withdraw", "refused", "ana"),
    ]


def test_what_is_written_after_the_accounts_key_was_destroyed_is_digested_by_that_of_the_closing(tmp_path):
    keys = FolderKeyStore(tmp_path, base64.b64encode(bytes(32)).decode())
    assert key_of_case(keys, "acme-1") == keys.digest_key("offboarding-acme-1")
    keys.destroy(KeyScope.of_account("acme"), datetime(2026, 3, 1, tzinfo=UTC))
    assert key_of_case(keys, "acme-1") == keys.digest_key("closing-acme-1")
    keys.destroy(KeyScope.of_closing("acme-1"), datetime(2026, 3, 2, tzinfo=UTC))
    with pytest.raises(Gone):
        key_of_case(keys, "acme-1")
