"""The evidence pack: a BagIt bag whose bytes depend on nothing but the case. Source: CONTRACTS, Forms; RFC 8493."""

import hashlib
import json
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from activities.papers import CasePapers
from models.ledger import LedgerEntry, canonical

MANIFEST, TAG_MANIFEST, SEAL = "manifest-sha256.txt", "tagmanifest-sha256.txt", "seal.jws"
README = """# Evidence of one exit

What this folder proves: that the steps in `ledger.jsonl` were recorded in this order, that `plan.json` is what people
approved, and what was erased and what was kept. It names the customer by id only.

- `ledger.jsonl`: one entry a line. Each holds the SHA-256 of the one before it, so nothing can be changed, taken out or
  put in without breaking the chain. `input_hmac` and `output_hmac` are keyed: they hold no data.
- `plan.json`: its `hash` is the SHA-256 of the canonical JSON (RFC 8785) of `commitments`.
- `approvals.json`: who decided what. `receipts.json`: the answers of the outside systems. `statement.json`: the money,
  by kind of line; what the lines were for is written on the customer's own statement.
- `certificate.jws`: signed with Ed25519, alg `EdDSA`; `keys.json` has every public key that we ever signed with, by its
  `kid`. Compare them with the published ones. `certificate.pdf` says the same for people, and names the SHA-256 of the
  signed file.
- `histories/`: Temporal's own histories as JSON, free texts replaced by their HMAC. All runs of a workflow follow each
  other; a run begins with event 1 and replays by itself.

`../seal.jws` signs the length and the head of the ledger and the SHA-256 of `../tagmanifest-sha256.txt`.

What was watched after the seal is in `../supplements/`, a folder each, numbered from 0001. `supplement.jws` signs the
SHA-256 of every file beside it, of the pack's tag manifest, and of the `supplement.jws` before it; `ledger.jsonl` goes
on where the last one ended, and so does `receipts.json`. A `certificate.jws` there replaces the one that it names.
Nobody can tell from a folder alone whether a later supplement exists: ask for the highest number.

To verify all of it, without any server: `farewell audit verify FOLDER [--keys JWKS]`.
"""


class Weight(NamedTuple):
    """What a bag says of a file: bare hex, bytes."""

    sha256: str
    size_bytes: int


def weigh(body: bytes) -> Weight:
    """That of these bytes."""
    return Weight(hashlib.sha256(body).hexdigest(), len(body))


def payload(
    papers: CasePapers, entries: Sequence[LedgerEntry], certificate: Mapping[str, Any], keys: dict[str, Any]
) -> dict[str, bytes]:
    """The files under `data/` by path, but the histories, which stand already; `certificate` is its document."""
    return {
        "data/README.md": README.encode(),
        "data/approvals.json": pretty(papers.decisions),
        "data/certificate.jws": certificate["jws"].encode(),
        "data/certificate.pdf": b64decode(certificate["pdf_base64"]),
        "data/keys.json": pretty(keys),
        "data/ledger.jsonl": lines(entries),
        "data/plan.json": pretty(_plan(papers)),
        "data/receipts.json": pretty(papers.receipts),
        "data/statement.json": pretty([_figures(each) for each in papers.statement["statements"]]),
    }


def lines(entries: Iterable[LedgerEntry]) -> bytes:
    """The ledger, one entry a line, in canonical form."""
    return b"".join(canonical(entry.model_dump(mode="json")) + b"\n" for entry in entries)


def tags(weights: Mapping[str, Weight], case: str, sealed_at: datetime) -> dict[str, bytes]:
    """The tag files by path, the tag manifest last: it covers the other three."""
    oxum = f"{sum(w.size_bytes for w in weights.values())}.{len(weights)}"
    info = f"Bagging-Date: {sealed_at.date().isoformat()}\nExternal-Identifier: {case}\nPayload-Oxum: {oxum}\n"
    files = {
        "bag-info.txt": info.encode(),
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        MANIFEST: _manifest(weights),
    }
    return {**files, TAG_MANIFEST: _manifest({path: weigh(body) for path, body in files.items()})}


def seal_claims(case: str, entries: int, head: str, tag_manifest: bytes) -> dict[str, Any]:
    """What the seal signs: enough to find a cut chain, a recomputed one, and any changed file."""
    return {"case": case, "entries": entries, "head": head, "tagmanifest_sha256": weigh(tag_manifest).sha256}


def pretty(value: Any) -> bytes:
    """JSON for people, the same bytes for the same value."""
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True).encode() + b"\n"


def _plan(papers: CasePapers) -> dict[str, Any]:
    """Without what may name somebody: the subjects of messages, the words of blockers."""
    hidden: Any = {"blockers": True, "estimates": {"messages": {"__all__": {"subject"}}, "statement": True}}
    return papers.plan.model_dump(mode="json", exclude=hidden)


def _figures(statement: Mapping[str, Any]) -> dict[str, Any]:
    """Without descriptions: what somebody wrote on an invoice may name a person."""
    kept = ("kind", "amount", "reference", "tax", "tax_rate")
    lines = [{name: line[name] for name in kept if name in line} for line in statement["lines"]]
    return {"currency": statement["currency"], "lines": lines, "total": statement["total"]}


def _manifest(weights: Mapping[str, Weight]) -> bytes:
    return "".join(f"{weights[path].sha256}  {path}\n" for path in sorted(weights)).encode()
