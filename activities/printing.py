"""The papers that a customer keeps: final statement, termination letter, certificate of erasure, as PDF.

Each is dated by the matter and not by the clock, so equal input gives equal bytes. Source: DOMAIN messages.7, money.5.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from activities.printing_certificate import approvals, certified, data_set, digests, processor
from activities.printing_letter import Ending, contract, said_of, steps
from activities.printing_press import breakable, pressed
from activities.printing_statement import refund, sheet
from activities.printing_words import Addressed, Words
from activities.settled import going_back, owed
from activities.wording import flat
from models.money import RefundState, Settlement
from models.payload import Payload


class Closing(Payload):
    """What a statement rests on. `open_until` None: it is closed, else a draft that waits for late usage.

    `agrees`: the billing system holds what it says. `digest` is that of the statements, as the documents hold it.
    """

    settlement: Settlement
    billing_end: datetime
    made_at: datetime
    open_until: datetime | None = None
    refunds: tuple[RefundState, ...] = ()
    agrees: bool = True
    digest: str = ""


def print_statement(about: Addressed, closing: Closing) -> bytes:
    """The final statement, or a draft of it. Source: DOMAIN money.4, money.5, money.7."""
    is_draft, statements = closing.open_until is not None, closing.settlement.statements
    words = Words(
        "statement",
        about,
        is_draft=is_draft,
        lines=sum(len(statement.lines) for statement in statements),
        made_at=closing.made_at,
        billing_end=closing.billing_end,
        late_usage_end=closing.open_until,
        agrees=closing.agrees,
        settled=closing.agrees and all(statement.closed for statement in statements),
        **owed(statements),
        **dict(going_back(closing.settlement, closing.refunds)),
    )
    refunds = [document for document in closing.settlement.documents if document.kind == "refund"]
    paper = {
        **_sheet(words),
        "is_draft": is_draft,
        "about": _about(words, ("for", "from", "case", "period", "made", "help")),
        "opening": words.paragraphs("opening"),
        "sheets": [sheet(statement, words) for statement in statements],
        "refunds": [refund(document, words) for document in refunds],
        "closing": words.paragraphs("closing"),
        "digest": closing.digest,
    }
    return pressed("statement", paper, closing.made_at)


def print_letter(about: Addressed, ending: Ending) -> bytes:
    """The confirmation that the contract has ended. Source: DOMAIN messages.7."""
    words = Words("letter", about, **said_of(ending))
    paper = {
        **_sheet(words),
        "to": [breakable(line) for line in words.paragraphs("to")],
        "dated": words.say("dated"),
        "opening": [breakable(text) for text in words.paragraphs("opening")],
        "contracts": [contract(each, ending.titles, words) for each in ending.commitments.contracts],
        "notice": [breakable(text) for text in words.paragraphs("notice")],
        "next": steps(ending.dates, words),
        "closing": words.paragraphs("closing"),
        "signed_by": breakable(flat(ending.signed_by)),
    }
    return pressed("letter", paper, ending.made_at)


def print_certificate(about: Addressed, certificate: Mapping[str, Any], sets: Mapping[str, Mapping[str, str]]) -> bytes:
    """The certificate of erasure for people; `certificate` is {`claims`, `digest`} as it was kept with its JWS.

    `sets` says in every language what a data set or sub-processor is. Source: DOMAIN erasure.5.
    """
    claims = certificate["claims"]
    made_at = datetime.fromisoformat(claims["issued_at"])
    words = Words("certificate", about, made_at=made_at, **certified(claims))
    words.values["changed"] = words.translated("changes", claims["changed"])
    paper = {
        **_sheet(words),
        "about": _about(words, ("for", "from", "case", "made", "number", "backups")),
        "opening": [breakable(text) for text in words.paragraphs("opening")],
        "data_sets": [data_set(each, sets, words) for each in claims["data_sets"]],
        "processors": [processor(each, sets, words) for each in claims["processors"]],
        "key": [breakable(text) for text in words.paragraphs("key")],
        "key_ids": [breakable(each) for each in claims["account_key"]["ids"]],
        "approvals": approvals(claims, words),
        "statements": [words.translated("statements", each) for each in claims["statements"]],
        "verify": words.paragraphs("verify"),
        "digests": digests(claims, certificate["digest"], words),
    }
    return pressed("certificate", paper, made_at)


def _sheet(words: Words) -> dict[str, Any]:
    return words.sheet(words.say("title"), breakable(words.say("foot")))


def _about(words: Words, names: Sequence[str]) -> list[dict[str, str]]:
    return [{"label": words.say(f"label_{name}"), "value": breakable(words.say(name))} for name in names]
