"""Who may come in with a link: its token is held against the case as it is now, at every request. Source: TRUST 16."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from commands.handing_over import PAST_THE_PIVOT
from connectors.opening import Connections
from models.account import AccountFacts
from models.case import Decision
from models.payload import CUSTOMER
from models.vocabulary import ENDS, MANIFEST, OWN_PACKAGE, Stage
from rules.links import LinkRefused, Links, Pass

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
    ticket = _read(links, token)
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


def _read(links: Links, token: str) -> Pass:
    try:
        ticket = links.read(token)
    except LinkRefused:
        raise Closed("unknown") from None
    if ticket.purpose != "package":
        raise Closed("unknown")
    return ticket


def _taken(at: Connections, case: str) -> Mapping[str, Any] | None:
    """The decision by which the package counts as taken."""
    return next((each for each in at.cases.decisions(case) if each["action"] in _TAKEN), None)
