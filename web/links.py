"""Who may come in with a link: its token is held against the case as it is now, at every request. Source: TRUST 16."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from temporalio.client import Client

from commands.handing_over import PAST_THE_PIVOT
from commands.portal import is_unheard_of
from commands.standing import ask
from connectors.opening import Connections
from models.account import AccountFacts
from models.case import CaseState, Decision
from models.payload import CUSTOMER
from models.vocabulary import ENDS, MANIFEST, OWN_PACKAGE, Mode, Stage
from rules.links import LinkRefused, Links, Pass, Purpose

_TAKEN = ("accept_export", "waive_export")


@dataclass(frozen=True)
class Visit:
    """A customer who came in: the account, its running case, what the document `manifest` says, the words so far."""

    facts: AccountFacts
    case: Mapping[str, Any]
    manifest: Mapping[str, Any]
    until: datetime
    taken: Mapping[str, Any] | None

    @property
    def stage(self) -> Stage:
        """Where the case stands."""
        return Stage(self.case["stage"])

    def act(self, action: str, subject: str) -> Decision:
        """What the customer does, as the ledger wants it told."""
        about = {"case": self.case["id"], "account": self.case["account"], "stage": self.stage}
        generation = int(self.manifest["generation"])
        return Decision(**about, step=action, action=action, subject=subject, generation=generation, actor=CUSTOMER)


@dataclass(frozen=True)
class PortalVisit:
    """A customer who came in by a link of one case: its account, its row, and what its workflow says, if it was asked.

    The case may have ended: what a page still shows then is the page's to say.
    """

    facts: AccountFacts
    case: Mapping[str, Any]
    state: CaseState | None
    until: datetime

    @property
    def stage(self) -> Stage:
        """Where the case stands: by its workflow, else by the read model."""
        return self.state.stage if self.state else Stage(self.case["stage"])

    @property
    def mode(self) -> Mode:
        """How the account leaves."""
        return self.state.mode if self.state else Mode(self.case["mode"])

    @property
    def has_ended(self) -> bool:
        """Whether nothing of the case can be changed any more: it is closed, or was called off."""
        return self.case["ended_at"] is not None or self.stage in ENDS

    def act(self, action: str, subject: str = "-") -> Decision:
        """What the customer does, as the ledger wants it told."""
        about = {"case": self.case["id"], "account": self.case["account"], "stage": self.stage}
        return Decision(**about, step=action, action=action, subject=subject, actor=CUSTOMER)


class Closed(Exception):
    """A page that can't be had: the `reason` by which the catalogues know it, since when, and whose it was."""

    def __init__(self, reason: str, at: datetime | None = None, facts: AccountFacts | None = None) -> None:
        """Unknown ones are told nothing of any account."""
        super().__init__(reason)
        self.reason, self.at, self.facts = reason, at, facts


def admitted(at: Connections, links: Links, token: str, now: datetime) -> Visit:
    """The visit that a token allows.

    Raises:
        Closed: it allows none, and why.
        ConnectorError: our database doesn't answer.
    """
    ticket = _read(links, token, "package")
    case = at.cases.case(ticket.account)
    if case is None:
        raise Closed("unknown")
    facts = at.directory.facts(ticket.account)
    for purged in at.cases.documents(ticket.case, "purge"):
        if purged["name"] == OWN_PACKAGE:
            raise Closed("erased", datetime.fromisoformat(purged["at"]), facts)
    if case["id"] == ticket.case and case["stage"] in PAST_THE_PIVOT:
        raise Closed("erasing", facts=facts)
    manifests = at.cases.documents(ticket.case, MANIFEST)
    if case["id"] != ticket.case or case["stage"] in ENDS or not manifests:
        raise Closed("called_off", facts=facts)
    if ticket.until <= now:
        raise Closed("expired", ticket.until, facts)
    return Visit(facts, case, manifests[-1], ticket.until, _taken(at, ticket.case))


def visit_of(at: Connections, links: Links, token: str, purpose: Purpose, now: datetime) -> PortalVisit:
    """The visit that a token of the portal, or of the opt-out, allows; its `state` isn't asked for yet.

    Raises:
        Closed: we never made it, for this purpose; its time is up; or nobody outside may know of the case yet.
        ConnectorError: our database doesn't answer.
    """
    ticket = _read(links, token, purpose)
    case = at.cases.by_id(ticket.case)
    if case is None or case["account"] != ticket.account or is_unheard_of(case):
        raise Closed("unknown")
    facts = at.directory.facts(ticket.account)
    if ticket.until <= now:
        raise Closed("link_expired", ticket.until, facts)
    return PortalVisit(facts, case, None, ticket.until)


async def asked(client: Client, visit: PortalVisit) -> PortalVisit:
    """The visit with what the case's workflow says now: None where it has ended, or nobody answers at once."""
    if visit.case["ended_at"] is not None:
        return visit
    return replace(visit, state=await ask(client, str(visit.case["workflow_id"])))


@dataclass(frozen=True)
class Doorstep:
    """A customer who may begin an exit: the account, and the case that runs already, if one does."""

    facts: AccountFacts
    running: Mapping[str, Any] | None
    until: datetime


def doorstep_of(at: Connections, links: Links, token: str, now: datetime) -> Doorstep:
    """Who stands at the door with a link that names an account and no case.

    Raises:
        Closed: it is no such link, its time is up, the account has left, or nobody outside may know of its case yet.
        ConnectorError: our database doesn't answer.
    """
    ticket = _read(links, token, "portal")
    if ticket.case:
        raise Closed("unknown")
    facts = at.directory.facts(ticket.account)
    if ticket.until <= now:
        raise Closed("link_expired", ticket.until, facts)
    if at.directory.is_erased(ticket.account):
        raise Closed("left_already", facts=facts)
    newest = at.cases.case(ticket.account)
    running = newest if newest is not None and newest["ended_at"] is None else None
    if running is not None and is_unheard_of(running):
        raise Closed("unknown")
    return Doorstep(facts, running, ticket.until)


def _read(links: Links, token: str, purpose: Purpose) -> Pass:
    try:
        ticket = links.read(token)
    except LinkRefused:
        raise Closed("unknown") from None
    if ticket.purpose != purpose:
        raise Closed("unknown")
    return ticket


def _taken(at: Connections, case: str) -> Mapping[str, Any] | None:
    """The decision by which the package counts as taken."""
    return next((each for each in at.cases.decisions(case) if each["action"] in _TAKEN), None)
