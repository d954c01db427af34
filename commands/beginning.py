"""Begins an exit: everything is checked first, so that nothing is left half-done."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from temporalio.client import Client
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.service import RPCError, RPCStatusCode

from commands.refused import Exit, Refused
from commands.session import acting, facts_of, sound_policy
from commands.wishes import Way, wish_of
from connectors.errors import Gone
from connectors.temporal import OFFBOARDING_QUEUE, connect_temporal
from models.case import CaseRequest
from models.keys import KeyScope
from models.vocabulary import Cause, Channel, Mode, Reason, Stage
from rules.plan import PlanRefused, commit

if TYPE_CHECKING:
    from connectors.opening import Connections
    from models.account import AccountFacts

# The server has surely not taken the start; after any other error it may have.
_SURELY_NOT = frozenset(
    {
        RPCStatusCode.INVALID_ARGUMENT,
        RPCStatusCode.NOT_FOUND,
        RPCStatusCode.PERMISSION_DENIED,
        RPCStatusCode.UNAUTHENTICATED,
        RPCStatusCode.FAILED_PRECONDITION,
        RPCStatusCode.RESOURCE_EXHAUSTED,
    }
)


@dataclass(frozen=True)
class Asked:
    """What the person asked for on the command line; days of the customer's calendar."""

    account: str
    who: str | None
    mode: Mode
    reason: Reason
    effective_on: date | None
    language: str | None
    channel: Channel | None
    resume_on: date | None = None
    cause: Cause | None = None


def begin(at: "Connections", asked: Asked) -> bool:
    """Opens a case and starts its workflow; False where the account already leaves.

    A case whose workflow never started (killed in between) is started by asking again.

    Raises:
        Refused: 3 no such account or person; 4 the dates or the mode can't be, or the account was erased.
        Unavailable: no Temporal; then no case was opened.
    """
    facts = facts_of(at, asked.account)
    actor = acting(at, asked.who)
    running = at.cases.case(asked.account)
    if running is not None and _under_way(running):
        return False
    _refuse_erased(at, asked.account)
    effective = _checked(at, asked, facts)
    wanted = CaseRequest(
        case="",
        account=asked.account,
        mode=asked.mode,
        reason=asked.reason,
        requested_by=actor.id,
        manager=facts.account.manager,
        effective_on=asked.effective_on,
        resume_on=asked.resume_on,
        cause=asked.cause,
        language=asked.language or _language(facts),
        channel=asked.channel or _channel(facts),
    )
    asyncio.run(_started(at, wanted, effective, _preferred(asked)))
    return True


def _preferred(asked: Asked) -> dict[str, str | bool | int]:
    """How the customer wants to be written to, where that was said with the request. Source: DOMAIN messages.2."""
    said = {"channel": asked.channel and asked.channel.value, "language": asked.language}
    return {name: value for name, value in said.items() if value}


def _refuse_erased(at: "Connections", account: str) -> None:
    """Nothing new of an account can be sealed once its key is destroyed, until it's imported again."""
    try:
        at.keys.sealing(KeyScope.of_account(account))
    except Gone:
        what = f"{account} has left, and all that was personal of it was erased"
        raise Refused(Exit.REFUSED, what, "a customer who comes back is imported first: farewell import FILE") from None


def _under_way(row: Mapping[str, Any]) -> bool:
    """Open, and its workflow has told something already."""
    return row["ended_at"] is None and "tasks" in row["state"]


def _checked(at: "Connections", asked: Asked, facts: "AccountFacts") -> datetime:
    """The effective date that the rules allow. Source: DOMAIN dates.4."""
    way = Way(asked.mode, asked.effective_on, asked.resume_on, asked.cause)
    try:
        wish = wish_of(at, facts, way, datetime.now(UTC))
        return commit(facts, wish, sound_policy(at), at.inventory).dates["effective_date"].at
    except PlanRefused as no:
        raise Refused(Exit.REFUSED, no.what, no.fix) from None


def _language(facts: "AccountFacts") -> str:
    return facts.contacts[0].language if facts.contacts else facts.account.language


def _channel(facts: "AccountFacts") -> Channel:
    return facts.contacts[0].channel if facts.contacts else Channel.EMAIL


async def _started(
    at: "Connections", wanted: CaseRequest, effective: datetime, preferred: Mapping[str, str | bool | int]
) -> None:
    client = await connect_temporal(at.keys)  # before the case is opened: where nobody answers, nothing has happened
    at.directory.prefer(wanted.account, preferred)  # before the acknowledgement, which leaves within seconds
    request = at.cases.open_case(wanted, datetime.now(UTC))
    try:
        await _start(client, request, effective)
    except RPCError as error:
        if error.status in _SURELY_NOT:
            at.cases.abandon(request.case)
        raise


async def _start(client: Client, request: CaseRequest, effective: datetime) -> None:
    await client.start_workflow(
        "OffboardingWorkflow",
        request,
        id=f"offboarding-{request.case}",
        task_queue=OFFBOARDING_QUEUE,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        search_attributes=_attributes(request, effective),
        static_summary=f"Exit of {request.account}",
    )


def _attributes(request: CaseRequest, effective: datetime) -> TypedSearchAttributes:
    """Source: CONTRACTS, Temporal."""
    words = {
        "FarewellAccount": request.account,
        "FarewellStage": Stage.REQUESTED.value,
        "FarewellMode": request.mode.value,
        "FarewellManager": request.manager,
    }
    pairs = [SearchAttributePair(SearchAttributeKey.for_keyword(name), word) for name, word in words.items()]
    date_key = SearchAttributeKey.for_datetime("FarewellEffectiveDate")
    return TypedSearchAttributes([*pairs, SearchAttributePair(date_key, effective)])
