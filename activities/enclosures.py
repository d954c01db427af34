"""What goes with which mail: the papers of the goodbye package. Source: DOMAIN messages.7."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from activities.printing import Closing, print_certificate, print_letter, print_statement
from activities.printing_letter import Ending
from activities.printing_words import Addressed, paper_language
from activities.settled import STATEMENT, books_agree, refunds_told, settlement_of
from activities.wording import paper_name, too_long
from connectors.ports.own import CaseStore, Directory
from models.inventory import Inventory
from models.messages import Attachment, Reader
from models.money import Settlement
from models.payload import EffectRequest
from models.plan import Commitments, Plan
from models.policy import Sender
from models.vocabulary import PROCESSORS, MailKind

PDF, JOSE = "application/pdf", "application/jose"
Values = Mapping[str, Any]


class Enclosures:
    """Prints what belongs to a mail; a paper whose matter doesn't exist yet isn't enclosed."""

    def __init__(self, store: CaseStore, directory: Directory, sender: Sender, inventory: Inventory) -> None:
        """`inventory` says what the data sets are."""
        self._store, self._directory, self._sender = store, directory, sender
        self._about = about_sets(inventory)

    def of(
        self, kind: MailKind, request: EffectRequest, reader: Reader, plan: Plan | None, values: Values
    ) -> tuple[Attachment, ...]:
        """In the language of the mail; `values` are those of `activities.facts`."""
        if plan is None:
            return ()
        about = addressed(request.case, plan.commitments, reader, self._sender)
        match kind:
            case MailKind.STATEMENT:
                return self._statement(about, values)
            case MailKind.GOODBYE:
                return self._letter(about, plan, values)
            case MailKind.CERTIFICATE:
                return self._certificate(about)
        return ()

    def _statement(self, about: Addressed, values: Values) -> tuple[Attachment, ...]:
        made_at, dates = values["now"], values["dates"]
        closing = closing_of(self._store, about.case, STATEMENT, made_at, dates)
        if closing is None or too_long(closing.settlement.statements):
            return ()
        return (_pdf("statement", about, print_statement(about, closing)),)

    def _letter(self, about: Addressed, plan: Plan, values: Values) -> tuple[Attachment, ...]:
        ending = Ending(
            commitments=plan.commitments,
            dates=values["dates"],
            titles={each.id: each.title for each in self._directory.facts(about.account).contracts},
            contact=values["name"],
            signed_by=values["signed_by"],
            years=values["years"],
            made_at=values["now"],
        )
        return (_pdf("letter", about, print_letter(about, ending)),)

    def _certificate(self, about: Addressed) -> tuple[Attachment, ...]:
        kept = self._store.documents(about.case, "certificate")
        if not kept:
            return ()
        paper = _pdf("certificate", about, print_certificate(about, kept[-1], self._about))
        return paper, Attachment.of("certificate.jws", JOSE, kept[-1]["jws"].encode())


def addressed(case: str, commitments: Commitments, reader: Reader, sender: Sender) -> Addressed:
    """To the reader of the case's mails, by the clock of the plan."""
    return Addressed(
        case=case,
        account=commitments.account,
        name=reader.account_name or None,
        language=reader.language,
        country=reader.country,
        zone=commitments.timezone,
        sender=sender,
    )


def closing_of(
    store: CaseStore, case: str, kind: str, made_at: datetime, dates: Mapping[str, datetime]
) -> Closing | None:
    """The last settlement of that kind as its paper needs it, made at its own time where that is known."""
    kept = settlement_of(store, case, kind)
    if kept is None:
        return None
    return Closing(
        settlement=Settlement.model_validate(kept),
        billing_end=dates["billing_end"],
        made_at=datetime.fromisoformat(kept["at"]) if "at" in kept else made_at,
        open_until=None if kind == STATEMENT else dates["late_usage_end"],
        refunds=refunds_told(store, case) if kind == STATEMENT else (),
        agrees=kind != STATEMENT or books_agree(store, case),
        digest=kept["digest"],
    )


def about_sets(inventory: Inventory) -> dict[str, dict[str, str]]:
    """What each data set of a plan is, by its name there, in every language."""
    tables = {each.name: each.about for each in inventory.data_sets}
    files = {f"files/{each.name}": each.about for each in inventory.file_sets}
    processors = {PROCESSORS + each.name: each.about for each in inventory.processors}
    return {**processors, **tables, **files, **{f"own/{each.name}": each.about for each in inventory.own}}


def _pdf(paper: str, about: Addressed, content: bytes) -> Attachment:
    return Attachment.of(paper_name(paper, paper_language(about.language)), PDF, content)
