"""What an exit has come to, in all the places where it leaves something; without instants, which no two runs share."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, col, select

from activities.keys import sweep
from connectors.opening import Connections
from connectors.s3 import S3ObjectStore
from devstack.running import Running
from models.tables.billing import ChargeOrderRow, CounterDocumentRow, InvoiceRow, SubscriptionRow, UsageRow
from models.vocabulary import Stage, TaskKind
from rules.chain import first_fault
from rules.signature import claims_of

MONEY = (ChargeOrderRow, SubscriptionRow, InvoiceRow, CounterDocumentRow, UsageRow)
_BESIDE = frozenset({Stage.SETTLE, Stage.RETRIEVAL})
_INSTANTS = frozenset(
    {"at", "made_at", "ended_at", "issued_at", "due_at", "verified_at", "digest", "instant", "expired_at"}
)


def end_state(here: Running, account: str) -> dict[str, Any]:
    """By facet."""
    return {name: look(here, account, f"{account}-1") for name, look in FACETS.items()}


def _stage(here: Running, account: str, case: str) -> Any:
    """What our teams do beside the exit bears instants, and is none of its effects."""
    row = here.connections.cases.case(account) or {}
    tasks = [task for task in row["state"]["tasks"] if task["kind"] != TaskKind.STAKEHOLDER]
    return row["id"], row["stage"], tasks


def _statement(here: Running, account: str, case: str) -> Any:
    """What was announced, and what was closed, with their digests."""
    kept = {kind: here.connections.cases.documents(case, kind) for kind in ("statement_draft", "statement")}
    return {kind: [{**body, "at": None} for body in bodies] for kind, bodies in kept.items()}


def _documents_of_money(here: Running, account: str, case: str) -> Any:
    """All of an account's money as it stands, ids too: those of what we made come from the effect alone."""
    with Session(here.connections.engine) as session:
        rows = [row for kind in MONEY for row in session.exec(select(kind).where(col(kind.account) == account))]
        made = [row.made_by for row in rows if isinstance(row, CounterDocumentRow)]
        assert len(set(made)) == len(made)
        return {row.id: _timeless(row.model_dump()) for row in rows}


def _counts(here: Running, account: str, case: str) -> Any:
    """What was exported, closed, erased, kept, found late; per data set, user page and class of credential."""
    store = here.connections.cases
    kinds = ("manifest", "receipts", "refunds", "late_charges", "purge", "purge_before", "recount")
    return {kind: sorted(map(str, map(_opened, map(_timeless, store.documents(case, kind))))) for kind in kinds}


def _opened(body: Any) -> Any:
    """Opening again counts what it opened itself: an attempt after one that died finds all of them open."""
    receipts = body.get("receipts", [])
    return {**body, "receipts": [{**each, "count": None} if each["action"] == "free" else each for each in receipts]}


def _evidence(here: Running, account: str, case: str) -> Any:
    """How many versions each key has; locked, so that a second write would have left a second."""
    return versions(here.connections, here.connections.settings.s3_evidence_bucket, f"{case}/")


def _left_in_s3(here: Running, account: str, case: str) -> Any:
    """What should be gone: the package with its versions, and every unfinished upload of any bucket."""
    at = here.connections.settings
    client: Any = here.connections.objects._client
    buckets = [at.s3_export_bucket, at.s3_evidence_bucket, str(at.s3_files_bucket)]
    uploads = [client.list_multipart_uploads(Bucket=bucket).get("Uploads", []) for bucket in buckets]
    return versions(here.connections, at.s3_export_bucket, f"{account}/"), uploads


def _mails(here: Running, account: str, case: str) -> Any:
    """One file a Message-ID, and what the outbox says of it."""
    kept = {(message.message_id, message.state) for message in here.connections.outbox.messages(case)}
    return mails(here), kept


def _access(here: Running, account: str, case: str) -> Any:
    """Who and what is there, and could come in."""
    at = here.connections
    users = {active: at.identity.count(account, active=active) for active in (True, False)}
    return users, at.access.counts(account), at.access.open(account), at.access.assets(account)


def _keys(here: Running, account: str, case: str) -> Any:
    """Which stand, and which are dead, once the worker's next sweep is over; last, for nobody reads without keys."""
    at = here.connections
    sweep(at.keys, at.histories, datetime.now(UTC))
    return sorted(key.id for key in at.keys.keys()), sorted(destroyed_keys(here))  # noqa: SIM118  # no dictionary


def _supplements(here: Running, account: str, case: str) -> Any:
    """What each says, without instants and the digests that hang on them."""
    at = here.connections
    bucket = at.settings.s3_evidence_bucket
    paths = sorted(key for key, _ in at.objects.list(bucket, f"{case}/supplements/") if key.endswith("supplement.jws"))
    told = [claims_of(at.objects.get(bucket, path).decode()) for path in paths]
    return [_timeless({name: each[name] for name in ("number", "kind", "subject", "result")}) for each in told]


def _ledger(here: Running, account: str, case: str) -> Any:
    """Every effect that was done. Attempts that died have no entry; one that was done twice may have two.

    Settling and retrieval run side by side: which of the two names a case has when a step begins is chance.
    """
    entries = here.connections.ledger.entries(case)
    assert first_fault(entry.model_dump(mode="json") for entry in entries) is None
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    done = [entry for entry in entries if entry.outcome != "failed"]
    return {(e.action, "beside" if e.stage in _BESIDE else e.stage, e.subject, e.actor, e.outcome) for e in done}


FACETS: Mapping[str, Callable[[Running, str, str], Any]] = {
    "stage": _stage,
    "statement": _statement,
    "money": _documents_of_money,
    "counts": _counts,
    "evidence": _evidence,
    "s3": _left_in_s3,
    "mails": _mails,
    "access": _access,
    "supplements": _supplements,
    "ledger": _ledger,
    "keys": _keys,
}


def mails(here: Running) -> list[str]:
    """The files, one a Message-ID; also those to sub-processors."""
    return sorted(path.name for path in (here.stack.home / "mail").glob("*.eml"))


def destroyed_keys(here: Running) -> list[str]:
    """The ids on all tombstones of the key store, once each time that they were buried."""
    stones = (json.loads(path.read_bytes()) for path in here.connections.settings.keys.glob("*/*/destroyed.json"))
    return [key_id for stone in stones for each in stone["rounds"] for key_id in each["ids"]]


def versions(at: Connections, bucket: str, prefix: str) -> Counter[str]:
    """How many versions each key has, markers included."""
    return versions_of(at.objects, bucket, prefix)


def versions_of(objects: S3ObjectStore, bucket: str, prefix: str) -> Counter[str]:
    """The same, of a store."""
    client: Any = objects._client
    pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    return Counter(
        entry["Key"] for page in pages for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
    )


def _timeless(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _timeless(part) for name, part in value.items() if name not in _INSTANTS}
    return [_timeless(part) for part in value] if isinstance(value, list) else value
