"""Which messages there are, and what became of those of an account."""

from collections.abc import Sequence
from typing import Any

from activities.catalogue import TEMPLATES, Catalogue
from activities.sample_customer import sample
from commands.message_copies import own_folder
from models.messages import Kept
from models.vocabulary import TO_OURS, MailKind
from rules.reach import CALLS, LEGALLY_REQUIRED, MARKETING

_WHEN = {
    MailKind.ACKNOWLEDGEMENT: "at once, when the request comes in",
    MailKind.PLAN: "when the plan is approved, or another one",
    MailKind.NOTICE: "when the notice is served",
    MailKind.EXPORT_READY: "when the package is verified",
    MailKind.GOODBYE: "when all is closed and the contract has ended",
    MailKind.STATEMENT: "when the final accounts are closed",
    MailKind.RETRIEVAL_REMINDER: "before the retrieval period ends, if nobody has said that they have the data",
    MailKind.CERTIFICATE: "when the data is erased and counted again",
    MailKind.THANKS: "days after the goodbye",
    MailKind.SURVEY_REMINDER: "a week after it",
    MailKind.COME_BACK: "months after it, to who said yes while leaving",
    MailKind.HOLD: "when a legal hold stands, if counsel lets us tell",
    MailKind.PAUSED: "when a pause begins",
    MailKind.RESUME_REMINDER: "before a pause ends",
    MailKind.WELCOME_BACK: "when an exit is called off, a pause ends, or a customer returns",
    MailKind.BRIEFING: "to the account's manager, when the plan is approved",
    MailKind.STAKEHOLDER: "to a team of ours: its task, its reminder",
}


def kinds() -> list[dict[str, Any]]:
    """Each kind: when it goes, why it may, in which languages, and which of its sources are the operator's."""
    catalogue = Catalogue(own_folder())
    return [
        {
            "kind": kind,
            "when": _WHEN[kind],
            "goes": _goes(kind),
            "languages": " ".join(each for each in sorted(catalogue.languages) if catalogue.find(f"{each}/{kind}.md")),
            "yours": " ".join(_own_sources(catalogue, kind)),
        }
        for kind in MailKind
    ]


def value_names() -> list[dict[str, Any]]:
    """Every value that a source may name, and an example of it."""
    made_up = sample("")
    return [{"value": name, "example": _example(made_up[name])} for name in sorted(made_up)]


def of_account(account: str) -> list[dict[str, Any]]:
    """What was sent, skipped or still waits in the account's newest case."""
    from commands.session import case_of, connections

    at = connections()
    case = str(case_of(at, account)["id"])
    return [_told(kept) for kept in (*at.outbox.messages(case), *at.outbox.waiting(case))]


def _told(kept: Kept) -> dict[str, Any]:
    return {
        "kind": kept.kind,
        "state": kept.state,
        "at": kept.sent_at.isoformat(timespec="minutes") if kept.sent_at else "",
        "channel": kept.channel,
        "language": kept.language,
        "why": kept.why,
        "heard": kept.heard or "",
    }


def _goes(kind: MailKind) -> str:
    """Whom it reaches. Source: DOMAIN messages.2, messages.8."""
    if kind in TO_OURS:
        return "to ours"
    if kind in LEGALLY_REQUIRED:
        return "always"
    return "unless opted out" if kind in MARKETING else "unless asked for none" + (", or by phone" * (kind in CALLS))


def _own_sources(catalogue: Catalogue, kind: MailKind) -> Sequence[str]:
    names = (path.relative_to(TEMPLATES).as_posix() for path in sorted(TEMPLATES.glob(f"*/{kind}*.md")))
    return [name for name in names if catalogue.folder and (catalogue.folder / name).is_file()]


def _example(value: object) -> str:
    text = str(value)
    return text if len(text) <= 70 else f"{text[:69]}…"  # noqa: PLR2004  # a line of a terminal
