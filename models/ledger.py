"""A ledger entry and its canonical form. Source: CONTRACTS, Forms; DOMAIN audit.1."""

import hashlib
from typing import Any, Literal

import rfc8785
from pydantic import AwareDatetime

from models.payload import Payload

FIRST_PREVIOUS = "0" * 64


class Fact(Payload):
    """What happened, before it has a place in the chain. The HMACs are bare hex."""

    case: str
    at: AwareDatetime
    actor: str
    action: str
    stage: str
    subject: str
    attempt: int
    outcome: Literal["done", "failed", "refused"]
    input_hmac: str
    output_hmac: str


class LedgerEntry(Fact):
    """A fact in its place: `seq` from 1, `prev_sha256` the entry before it."""

    seq: int
    prev_sha256: str
    entry_sha256: str


class ActivityRef(Payload):
    """Which attempt wrote an entry; unique, so that a second write of the same attempt adds nothing."""

    workflow: str
    run: str
    activity: str
    attempt: int


def canonical(value: Any) -> bytes:
    """RFC 8785 bytes of a JSON value."""
    return rfc8785.dumps(value)


def digest(value: Any) -> str:
    """`sha256:` + hex of the canonical form of a JSON value."""
    return "sha256:" + hashlib.sha256(canonical(value)).hexdigest()


def chained(fact: Fact, seq: int, prev_sha256: str) -> LedgerEntry:
    """The fact as the entry after `prev_sha256`."""
    body = {
        **Fact.model_dump(fact, mode="json", include=set(Fact.model_fields)),
        "seq": seq,
        "prev_sha256": prev_sha256,
    }
    return LedgerEntry(
        **fact.model_dump(include=set(Fact.model_fields)),
        seq=seq,
        prev_sha256=prev_sha256,
        entry_sha256=hashlib.sha256(canonical(body)).hexdigest(),
    )


def entry_sha256(entry: dict[str, Any]) -> str:
    """The hash that an entry, as JSON, should carry."""
    body = {key: value for key, value in entry.items() if key != "entry_sha256"}
    return hashlib.sha256(canonical(body)).hexdigest()
