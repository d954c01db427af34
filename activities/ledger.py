"""The interceptor that writes the ledger, so that no step can forget it. Source: DESIGN, Ledger; DOMAIN audit.1."""

import asyncio
import hashlib
import hmac
from datetime import datetime
from typing import Any, Literal

from pydantic_core import to_jsonable_python
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from connectors.errors import ConnectorError, Gone, Unavailable, translated
from connectors.ports.own import Ledger
from connectors.ports.storage import KeyStore
from models.case import Decision
from models.ledger import ActivityRef, Fact, LedgerEntry, canonical
from models.payload import EffectRequest


class LedgerInterceptor(Interceptor):
    """Writes an entry for each attempt at an effect, done or failed, and translates errors for Temporal.

    An effect is an activity whose first argument is an `EffectRequest`. When the effect happened but the ledger
    can't be written, the attempt fails as transient: its second run is harmless, an effect without an entry isn't.
    """

    def __init__(self, ledger: Ledger, keys: KeyStore) -> None:
        self._ledger, self._keys = ledger, keys

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002  # the SDK's name
        """Wraps every activity of the worker."""
        return _Recorder(next, self._ledger, self._keys)


class _Recorder(ActivityInboundInterceptor):
    def __init__(self, following: ActivityInboundInterceptor, ledger: Ledger, keys: KeyStore) -> None:
        super().__init__(following)
        self._ledger, self._keys = ledger, keys

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002  # the SDK's name
        request = input.args[0] if input.args else None
        try:
            result = await self.next.execute_activity(input)
        except ConnectorError as error:
            await self._write(request, "failed", _kind(error))
            raise translated(error) from None
        except Exception as error:
            await self._write(request, "failed", _kind(error))
            raise
        await self._write(request, "done", result)
        return result

    async def _write(self, request: object, outcome: Literal["done", "failed"], answer: object) -> None:
        """In a thread: neither the loop's heartbeats wait for the database, nor does a cancel cut the write short."""
        if not isinstance(request, EffectRequest):
            return
        info = activity.info()
        try:
            await asyncio.to_thread(self._append, request, info, outcome, answer)
        except ConnectorError as error:
            unwritten = Unavailable("ledger", f"{info.activity_type}: {outcome}, but not written: {error}", error.fix)
            raise translated(unwritten) from None

    def _append(
        self, request: EffectRequest, info: activity.Info, outcome: Literal["done", "failed"], answer: object
    ) -> None:
        workflow = info.workflow_id or ""
        key = self._keys.digest_key(workflow)
        fact = Fact(
            case=request.case,
            at=info.scheduled_time,
            actor=request.actor,
            action=_action(request, info.activity_type),
            stage=request.stage,
            subject=getattr(answer, "ledger_subject", None) or request.subject,
            attempt=info.attempt,
            outcome=outcome,
            input_hmac=keyed_digest(key, request),
            output_hmac=keyed_digest(key, answer),
        )
        ref = ActivityRef(
            workflow=workflow,
            run=info.workflow_run_id or "",
            activity=info.activity_id,
            attempt=info.attempt,
        )
        self._ledger.append(fact, ref)


def record_refusal(ledger: Ledger, keys: KeyStore, decision: Decision, why: str, at: datetime) -> LedgerEntry:
    """Writes that an update was refused, for whoever sent it: it leaves no event in the history.

    `at` is the sender's clock. Asking twice is two refusals, hence two entries.
    Source: CONTRACTS, Updates.
    """
    return ledger.append(_fact(keys, decision, "refused", why, at), None)


def record_act(ledger: Ledger, keys: KeyStore, decision: Decision, at: datetime) -> LedgerEntry:
    """Writes what somebody does without the workflow's knowledge, such as a download; `at` is the writer's clock."""
    return ledger.append(_fact(keys, decision, "done", None, at), None)


def record_once(ledger: Ledger, keys: KeyStore, decision: Decision, at: datetime, what: str) -> LedgerEntry:
    """As `record_act`, for what happens once a case: a second time answers the entry that stands."""
    ref = ActivityRef(workflow=f"offboarding-{decision.case}", run="", activity=what, attempt=1)
    return ledger.append(_fact(keys, decision, "done", None, at), ref)


def _fact(
    keys: KeyStore, decision: Decision, outcome: Literal["done", "refused"], answer: object, at: datetime
) -> Fact:
    key = key_of_case(keys, decision.case)
    return Fact(
        case=decision.case,
        at=at,
        actor=decision.actor,
        action=decision.action,
        stage=decision.stage,
        subject=decision.subject,
        attempt=1,
        outcome=outcome,
        input_hmac=keyed_digest(key, decision),
        output_hmac=keyed_digest(key, answer),
    )


def key_of_case(keys: KeyStore, case: str) -> bytes:
    """Under which a case's entries are digested; once the account's key is destroyed, that of the closing.

    Raises:
        Gone: the closing has ended, too, and what it sealed can't be added to.
    """
    try:
        return keys.digest_key(f"offboarding-{case}")
    except Gone:
        return keys.digest_key(f"closing-{case}")


def keyed_digest(key: bytes, value: object) -> str:
    """HMAC-SHA-256, bare hex, of the canonical JSON of a value; models as they go through Temporal."""
    return hmac.new(key, canonical(to_jsonable_python(value)), hashlib.sha256).hexdigest()


def _action(request: EffectRequest, activity_type: str) -> str:
    """A decision is recorded by its own name, or all of them would read `record_decision`."""
    return request.action if isinstance(request, Decision) else activity_type


def _kind(error: Exception) -> str:
    return (isinstance(error, ApplicationError) and error.type) or type(error).__name__
