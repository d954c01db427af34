"""What our own people read of an exit. Source: SEEDS 001: one case that everyone sees, so nobody is asked twice."""

from collections.abc import Iterable
from datetime import datetime
from email.headerregistry import Address
from typing import Any, NamedTuple

from activities.catalogue import Catalogue
from activities.facts import Facts
from activities.rendering import render
from connectors.ports.own import CaseStore
from models.account import AccountFacts, Person
from models.case import TeamDue
from models.effects import MessageRequest, TeamMessageRequest
from models.inventory import Inventory
from models.messages import Draft, Reader
from models.plan import Plan
from models.policy import Policy, Sender, StakeholderClause
from models.vocabulary import Cause, Channel, MailKind, Team
from rules.manner import FOR_CAUSE, manner
from rules.stakeholders import asked, does


class About(NamedTuple):
    """What a letter is about; `now` is the workflow's clock."""

    request: TeamMessageRequest
    facts: AccountFacts
    manager: Person
    reader: Reader
    plan: Plan
    policy: Policy
    now: datetime


class TeamLetters:
    """Drafts by their own sources, `briefing.md` and `stakeholder.<manner>.md`."""

    def __init__(self, store: CaseStore, sender: Sender, inventory: Inventory, catalogue: Catalogue) -> None:
        self._store, self._sender, self._catalogue = store, sender, catalogue
        self._facts = Facts(store, sender, inventory)

    def briefing(self, about: About, dues: Iterable[TeamDue]) -> Draft:
        """Who leaves, why, what they were told, who does what: to the manager, in the account's language."""
        values = {"manner": "asked", "teams": tuple(dues)}
        return self._draft(about, MailKind.BRIEFING, about.manager.email, about.facts.account.language, values)

    def letter(self, about: About, due: TeamDue, step: str) -> Draft:
        """To the team, in its language; `escalated` goes to whoever the policy names, else to the manager."""
        clause = self._clause(about, due.team)
        words, language = does(clause)
        recipient = clause.address if step != "escalated" else clause.escalate_to or about.manager.email
        values = {"manner": step, "team": due.team, "does": words, "due": due.due}
        return self._draft(about, MailKind.STAKEHOLDER, recipient, language, values)

    def called_off(self, about: About, team: Team | None = None) -> Draft:
        """The account stays: to the team, or to the manager."""
        values: dict[str, Any] = {"manner": "called_off"}
        if team is None:
            return self._draft(about, MailKind.BRIEFING, about.manager.email, about.facts.account.language, values)
        clause = self._clause(about, team)
        return self._draft(about, MailKind.STAKEHOLDER, clause.address, does(clause)[1], {**values, "team": team})

    def _draft(self, about: About, kind: MailKind, recipient: str, language: str, more: dict[str, Any]) -> Draft:
        """`team` of `more` is part of the Message-ID, so that each team's is its own."""
        request = about.request
        name = f"{kind}-{more['team']}" if "team" in more else str(kind)
        mail = render(kind, language, {**self._values(about, kind), **more}, self._catalogue)
        return Draft(
            message_id=f"{request.case}.{name}.{request.generation}@{self._sender.address.rpartition('@')[2]}",
            case=request.case,
            account=request.account,
            kind=kind,
            channel=Channel.EMAIL,
            language=mail.language,
            recipient=recipient,
            sender=str(Address(self._sender.company, addr_spec=self._sender.address)),
            subject=mail.subject,
            text=mail.text,
            html=mail.html,
        )

    def _values(self, about: About, kind: MailKind) -> dict[str, Any]:
        """Those of the customer's mails, and what only we are told."""
        asked_for = MessageRequest(
            **about.request.model_dump(include={"case", "account", "stage", "step", "generation", "plan_hash"}),
            kind=kind,
        )
        values = self._facts.values(asked_for, about.reader, about.plan, about.now)
        account = about.facts.account
        return {
            **values,
            "account": account.id,
            "manager": about.manager.name,
            "contact": about.reader,
            "reason": self._reason(about),
            "cause": _cause(about),
            "worth": {account.currency: account.yearly_value},
        }

    def _reason(self, about: About) -> str:
        """The customer's own word before the manager's."""
        said = [each["details"].get("reason") for each in self._store.decisions(about.request.case)]
        own = [each for each in said if each]
        row = self._store.case(about.request.account)
        return str(own[-1] if own else row["reason"] if row else "other")

    def _clause(self, about: About, team: Team) -> StakeholderClause:
        return next(clause for clause in asked(about.policy, about.plan.commitments) if clause.team is team)


def _cause(about: About) -> Cause | None:
    """Why we put them out; None where they leave of their own will. Source: DOMAIN modes.3."""
    agreed = about.plan.commitments
    return agreed.cause if manner(agreed.mode, agreed.cause) == FOR_CAUSE else None
