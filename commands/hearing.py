"""What came back of a message: noted, put on the list of who isn't written to, and told to the follow-ups.

All of it may happen twice: a mail server that got no answer sends again. Source: DOMAIN messages.5, messages.8.
"""

import asyncio
import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.ledger import record_act
from commands.delivering import tell_if_there
from connectors.errors import Gone, NotFound
from connectors.opening import Connections
from models.account import Actor
from models.case import Decision
from models.messages import Kept
from models.payload import CUSTOMER, SYSTEM, Personal
from models.updates import Stop
from models.vocabulary import TO_OURS, Heard, Stage, StopGround
from rules.incoming import Echo
from rules.reach import MARKETING

_FOR_EVER = frozenset({StopGround.OPT_OUT, StopGround.COMPLAINT, StopGround.BOUNCE})
"""Who is not written to again, whatever contract comes next; who answers may well be."""


class Report(NamedTuple):
    """What was done: of which message of which case, and the ground on which its follow-ups end, if they do."""

    case: str
    kind: str
    heard: Heard
    ground: StopGround | None

    @property
    def text(self) -> str:
        """In a line, without a name or address."""
        end = "the follow-ups end" if self.ground else "noted"
        return f"{self.case}: {self.kind.replace('_', ' ')}: {self.heard.replace('_', ' ')}; {end}"


async def hear(at: Connections, client: Client, echo: Echo, now: datetime) -> Report | None:
    """Notes what came back, and stops the follow-ups where that ends them; None: it is about no message of ours.

    Raises:
        ConnectorError, Refused, RPCError: something doesn't answer; the same again, later, is harmless.
    """
    about = await asyncio.to_thread(_message, at, echo)
    if about is None:
        return None
    kept, case = about
    # What our own people's mailboxes say is nothing that the customer said.
    ground = None if kept.kind in TO_OURS else echo.ground
    report = Report(kept.case, kept.kind, echo.heard, ground)
    act = _act(case, "message_heard", f"{kept.kind}:{ground or echo.heard}", ground)
    known = await asyncio.to_thread(_noted, at, kept, report, act, now)
    if ground:
        await stop_follow_ups(client, case, ground)
    if not known and echo.heard is Heard.BOUNCE and kept.kind not in MARKETING:
        await _tell_case(client, case, kept.kind)
    await asyncio.to_thread(_write, at, act, now)  # last: whatever fails before it is done again
    return report


async def stop_follow_ups(client: Client, case: Mapping[str, Any], ground: StopGround) -> bool:
    """Whether there were any to stop. Raises Refused or RPCError."""
    stop = Stop(actor=_who(ground), key=uuid.uuid4().hex, ground=ground, reason=Personal(text=ground.value))
    return await tell_if_there(client, f"follow-up-{case['id']}", "stop", stop)


async def _tell_case(client: Client, case: Mapping[str, Any], kind: str) -> None:
    """Somebody must reach them in another way, as long as there is a case to do it in. Raises RPCError."""
    try:
        await client.get_workflow_handle(str(case["workflow_id"])).signal("message_bounced", kind)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise


def keep_off(at: Connections, case: Mapping[str, Any], now: datetime) -> bool:
    """The customer wants no more than the law requires: whether an address of theirs is on the list now.

    Where the contact is forgotten there is none to keep; without a key there is no list. Raises ConnectorError.
    """
    act = _act(case, "opt_out", "-", StopGround.OPT_OUT)
    addresses = _addresses(at, act)
    _keep_off(at, addresses, StopGround.OPT_OUT, now)
    _write(at, act, now)
    return bool(addresses) and at.suppression is not None


def _message(at: Connections, echo: Echo) -> tuple[Kept, Mapping[str, Any]] | None:
    """The first of those named that is ours, and its case."""
    for message_id in echo.message_ids:
        kept = at.outbox.message(message_id)
        case = at.cases.by_id(kept.case) if kept else None
        if kept is not None and case is not None:
            return kept, case
    return None


def _noted(at: Connections, kept: Kept, told: Report, act: Decision, now: datetime) -> bool:
    """Whether all of it was known before."""
    at.outbox.heard(kept.message_id, told.heard, now)
    if told.ground in _FOR_EVER:
        _keep_off(at, [kept.recipient] if kept.recipient else _addresses(at, act), told.ground, now)
    return _is_written(at, act)


def _keep_off(at: Connections, addresses: list[str], ground: StopGround, now: datetime) -> None:
    if at.suppression is not None:
        for address in addresses:
            at.suppression.add(address, ground.value, now.date())


def _addresses(at: Connections, act: Decision) -> list[str]:
    """Where the customer would be written to; nowhere, once the contact is forgotten."""
    with suppress(NotFound):
        reader = at.outbox.reader(act.case, act.account)
        return [each for each in (reader.email, reader.phone) if each]
    return []


def _act(case: Mapping[str, Any], action: str, subject: str, ground: StopGround | None) -> Decision:
    about = {"case": str(case["id"]), "account": str(case["account"]), "stage": Stage(case["stage"])}
    return Decision(**about, step=action, action=action, subject=subject, actor=_who(ground).id)


def _write(at: Connections, act: Decision, now: datetime) -> None:
    """The ledger's entry, once; after the closing has ended nobody would seal what is added."""
    if not _is_written(at, act):
        with suppress(Gone):
            record_act(at.ledger, at.keys, act, now)


def _is_written(at: Connections, act: Decision) -> bool:
    return any((each.action, each.subject) == (act.action, act.subject) for each in at.ledger.entries(act.case))


def _who(ground: StopGround | None) -> Actor:
    """A bounce, a delay and a machine's answer are nobody's word."""
    said = ground in {StopGround.REPLY, StopGround.OPT_OUT, StopGround.COMPLAINT}
    return Actor(id=CUSTOMER if said else SYSTEM)
