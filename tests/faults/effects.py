"""The effects of an exit at which a worker is killed, in the order in which it comes to them. Source: TRUST 1."""

from collections.abc import Sequence
from typing import NamedTuple

from models.vocabulary import CredentialClass
from tests.faults.dying_worker import MOMENTS, Death, Moment
from tests.faults.tally import Tally

ACCOUNT = "acc_p7a3wj"  # yearly, so that there is something to refund
CASE = f"{ACCOUNT}-1"


class Effect(NamedTuple):
    """`port.method`, called with `word`; what it changes is in the tally under `counted`, things that hold `thing`.

    Without `counted` it changes nothing: it only looks.
    """

    port: str
    method: str
    word: str
    counted: str = ""
    thing: str = ""

    def __str__(self) -> str:
        return " ".join(self[:3])


EFFECTS = (
    Effect("identity", "plant", ACCOUNT, "plant identity"),
    Effect("access", "plant", ACCOUNT, "plant credential"),
    Effect("access", "admits", ACCOUNT),
    Effect("identity", "admits", ACCOUNT),
    Effect("contracts", "freeze", ACCOUNT, "freeze"),
    Effect("billing", "issue_due", ACCOUNT, "invoice"),
    Effect("s3", "upload_part", "tables/account.csv", "package object", "tables/account.csv"),
    Effect("objects", "put", "tagmanifest-sha256.txt", "package object", "tagmanifest"),
    Effect("access", "hand_over", ACCOUNT, "hand over"),
    Effect("access", "assets", ACCOUNT),
    # Each class ends an attempt at the same step, which is parked after twelve: before and after are two exits.
    *(Effect("access", "gate", f"'{kind}'", f"gate {kind}") for kind in CredentialClass),
    Effect("identity", "deactivate", ACCOUNT, "deactivate user"),
    Effect("identity", "empty_groups", ACCOUNT, "empty group"),
    Effect("access", "open", ACCOUNT),
    Effect("cases", "keep_document", "sighting:second", "keep sighting", "second"),
    # One document is written in the middle of a settlement's transaction.
    Effect("cases", "keep_document", "statement_draft", "keep statement_draft"),
    Effect("documents", "write", "refund", "document refund"),
    Effect("billing", "settle", ACCOUNT, "document credit"),
    Effect("cases", "keep_document", "refunds:0002", "keep refunds", "0002"),  # when the bank has sent them
    Effect("billing", "give_back", "late", "document refund"),
    Effect("processors", "ask", "newsletter", "mail", "newsletter"),
    Effect("processors", "ask", "'crm'", "request to a sub-processor"),
    Effect("access", "delete", ACCOUNT, "delete credential"),
    Effect("identity", "delete", ACCOUNT, "delete user"),
    Effect("product", "erase", "work_order", "keep purge", "purge:work_order:"),
    Effect("objects", "put_locked", "histories/offboarding", "sealed object", "histories/offboarding"),
    Effect("keys", "destroy", f"name='{ACCOUNT}'", "key destroyed", f"account/{ACCOUNT}/"),
    # The tombstone stands, and the key still lies there.
    Effect("keys_disk", "remove", f"account/{ACCOUNT}", "key destroyed", f"account/{ACCOUNT}/"),
    Effect("cases", "keep_document", "'key_destruction'", "keep key_destruction"),
    Effect("cases", "keep_document", "sign_certificate", "keep certificate", "sign_certificate"),
    Effect("objects", "put_locked", "certificate.jws", "sealed object", "data/certificate.jws"),
    Effect("objects", "put_locked", "seal.jws", "sealed object", "seal.jws"),
    Effect("messenger", "deliver", ".certificate.1@", "mail", ".certificate.1@"),
    *(
        Effect("objects", "put_locked", f"-{kind}/supplement.jws", "sealed object", f"-{kind}/supplement.jws")
        for kind in ("chase", "scan", "retained")
    ),
    Effect("keys", "may_end", "closing"),
)
EFFECTS_OF_A_PAUSE = (
    Effect("billing", "suspend", ACCOUNT),
    Effect("access", "free", ACCOUNT),
    Effect("billing", "resume", ACCOUNT),
)


def deaths_of(effects: Sequence[Effect], *moments: Moment) -> list[Death]:
    """Right before, or right after, each."""
    return [Death(*effect[:3], moment) for effect in effects for moment in moments]


class Told(NamedTuple):
    """A line of the kill matrix: `things` were changed by the effect, none more often than `most`."""

    effect: Effect
    before: bool
    after: bool
    things: int
    most: int


def matrix(effects: Sequence[Effect], deaths: Sequence[Death], tally: Tally) -> list[Told]:
    """Whether the worker was killed there, and how often what it did has happened."""
    lines = []
    for effect in effects:
        counted = [n for thing, n in tally.get(effect.counted, {}).items() if effect.thing in thing]
        before, after = (Death(*effect[:3], moment) in deaths for moment in MOMENTS)
        lines.append(Told(effect, before, after, len(counted), max(counted, default=0)))
    return lines


def as_table(lines: Sequence[Told]) -> str:
    """For people, in Markdown."""
    head = "| effect | killed before | killed after | things changed | times each |\n|---|---|---|---|---|"
    return "\n".join([head, *map(_line, lines)])


def _line(told: Told) -> str:
    yes = {True: "yes", False: "**no**"}
    changed = f"{told.things} | {told.most}" if told.effect.counted else "– | only looks"
    return f"| `{told.effect}` | {yes[told.before]} | {yes[told.after]} | {changed} |"
