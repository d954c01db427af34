"""Verifies an evidence pack: a folder and, if there is one, the published keys. No server, settings or database.

Source: DOMAIN audit.2; CONTRACTS, Evidence pack.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.ledger import digest
from rules.chain import first_fault
from rules.signature import SignatureRefused, verify

MANIFEST, TAG_MANIFEST, SEAL = "manifest-sha256.txt", "tagmanifest-sha256.txt", "seal.jws"
LEDGER, CERTIFICATE, KEYS, PLAN = "data/ledger.jsonl", "data/certificate.jws", "data/keys.json", "data/plan.json"
PAPERS = ("data/approvals.json", "data/certificate.pdf", "data/receipts.json", "data/statement.json")
PAYLOAD = (LEDGER, CERTIFICATE, KEYS, PLAN, *PAPERS)
TAGS = ("bagit.txt", "bag-info.txt", MANIFEST)
_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")


@dataclass(frozen=True)
class PackReport:
    """What was found wrong, each in one line; nothing means sound.

    `signer_checked` is whether the signatures were held against a published key, not only the pack's own.
    `entries` and `head` are the ledger's as it stands in the pack.
    """

    findings: tuple[str, ...]
    signer_checked: bool
    entries: int
    head: str

    @property
    def sound(self) -> bool:
        """Whether everything holds."""
        return not self.findings


@dataclass
class _Pack:
    folder: Path
    findings: list[str] = field(default_factory=list)

    def read(self, path: str) -> bytes:
        """The bytes of a file; one that's missing is empty here, and is found by its manifest."""
        try:
            return (self.folder / path).read_bytes()
        except OSError:
            return b""

    def json(self, path: str) -> dict[str, Any]:
        """An object of a JSON file, or an empty one and a finding."""
        try:
            value = json.loads(self.read(path))
        except ValueError:
            value = None
        if isinstance(value, dict):
            return value
        self.findings.append(f"{path}: is no JSON object")
        return {}


def check_pack(folder: Path, published_keys: Path | None = None) -> PackReport:
    """Compares every byte with what was signed, and recomputes the chain.

    Raises:
        OSError, ValueError: the folder or the published keys can't be read.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is no folder")
    pack = _Pack(folder)
    keys = json.loads(published_keys.read_text(encoding="utf-8")) if published_keys else pack.json(KEYS)
    entries = _ledger(pack)
    _check_files(pack)
    _check_seal(pack, keys, entries)
    _check_certificate(pack, keys)
    head = str(entries[-1].get("entry_sha256", "")) if entries else ""
    return PackReport(tuple(pack.findings), published_keys is not None, len(entries), head)


def _ledger(pack: _Pack) -> list[dict[str, Any]]:
    """The entries up to the first line that is none; the first bad entry is named."""
    entries: list[dict[str, Any]] = []
    for place, line in enumerate(pack.read(LEDGER).splitlines(), start=1):
        entry = _object(line)
        if entry is None:
            pack.findings.append(f"{LEDGER}: entry {place} is no JSON object")
            break
        entries.append(entry)
    fault = first_fault(entries)
    if fault:
        pack.findings.append(f"{LEDGER}: entry {fault.seq}: {fault.why}")
    return entries


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _check_files(pack: _Pack) -> None:
    """No byte changed, no file missing, none extra."""
    listed = _manifest(pack, MANIFEST, PAYLOAD)
    tags = _manifest(pack, TAG_MANIFEST, TAGS)
    for path, sha256 in {**listed, **tags}.items():
        if not (pack.folder / path).is_file():
            pack.findings.append(f"{path}: is missing")
        elif hashlib.sha256(pack.read(path)).hexdigest() != sha256:
            pack.findings.append(f"{path}: its bytes were changed")
    for path in sorted(set(_files(pack.folder)) - listed.keys() - tags.keys() - {TAG_MANIFEST, SEAL}):
        pack.findings.append(f"{path}: is in no manifest")


def _manifest(pack: _Pack, name: str, needed: tuple[str, ...]) -> dict[str, str]:
    listed: dict[str, str] = {}
    for line in pack.read(name).decode(errors="replace").splitlines():
        match = _LINE.fullmatch(line)
        if match and _inside(match[2]):
            listed[match[2]] = match[1]
        else:
            pack.findings.append(f"{name}: a line isn't a SHA-256 and a path in the pack")
    pack.findings.extend(f"{name}: doesn't list {path}" for path in needed if path not in listed)
    return listed


def _inside(path: str) -> bool:
    """Whether a listed path stays within the pack."""
    return not path.startswith("/") and "\\" not in path and ".." not in path.split("/")


def _files(folder: Path) -> Iterator[str]:
    return (f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_symlink() or not f.is_dir())


def _check_seal(pack: _Pack, keys: dict[str, Any], entries: list[dict[str, Any]]) -> None:
    """The signed length, head and tag manifest against what stands here."""
    seal = _verified(pack, SEAL, keys)
    if not seal:
        return
    if seal.get("tagmanifest_sha256") != hashlib.sha256(pack.read(TAG_MANIFEST)).hexdigest():
        pack.findings.append(f"{TAG_MANIFEST}: isn't the one that was sealed")
    if seal.get("entries") != len(entries):
        text = f"holds {len(entries)} entries, {seal.get('entries')} were sealed"
        pack.findings.append(f"{LEDGER}: {text}; it is cut or grown after entry {_last_common(seal, entries)}")
    elif entries and seal.get("head") != entries[-1].get("entry_sha256"):
        pack.findings.append(
            f"{LEDGER}: entry {len(entries)}: isn't the head that was sealed; the chain was recomputed"
        )
    if any(entry.get("case") != seal.get("case") for entry in entries):
        pack.findings.append(f"{LEDGER}: holds an entry of another case than {seal.get('case')}")


def _last_common(seal: dict[str, Any], entries: list[dict[str, Any]]) -> int:
    return min(int(seal.get("entries", 0)), len(entries))


def _check_certificate(pack: _Pack, keys: dict[str, Any]) -> None:
    """Signed, of this case, and of this plan, whose hash is that of its commitments."""
    certificate, plan = _verified(pack, CERTIFICATE, keys), pack.json(PLAN)
    if plan and plan.get("hash") != _hash(plan.get("commitments")):
        pack.findings.append(f"{PLAN}: its hash isn't that of its commitments")
    if certificate and certificate.get("plan") != plan.get("hash"):
        pack.findings.append(f"{CERTIFICATE}: was signed for another plan")


def _hash(commitments: object) -> str | None:
    try:
        return digest(commitments)
    except ValueError:  # a number that canonical JSON doesn't carry
        return None


def _verified(pack: _Pack, path: str, keys: dict[str, Any]) -> dict[str, Any]:
    try:
        return verify(pack.read(path).decode(errors="replace"), keys)
    except SignatureRefused as refused:
        pack.findings.append(f"{path}: its signature doesn't hold ({refused})")
        return {}
