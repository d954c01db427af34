"""The files of an evidence pack as they stand in a folder, and what is found wrong with them. Source: RFC 8493."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

from models.ledger import FIRST_PREVIOUS, canonical
from rules.chain import first_fault
from rules.signature import SignatureRefused, verify

MANIFEST, TAG_MANIFEST, SEAL = "manifest-sha256.txt", "tagmanifest-sha256.txt", "seal.jws"
LEDGER, CERTIFICATE, KEYS, PLAN = "data/ledger.jsonl", "data/certificate.jws", "data/keys.json", "data/plan.json"
PAPERS = ("data/approvals.json", "data/certificate.pdf", "data/receipts.json", "data/statement.json")
PAYLOAD = (LEDGER, CERTIFICATE, KEYS, PLAN, *PAPERS)
TAGS = ("bagit.txt", "bag-info.txt", MANIFEST)
SUPPLEMENTS = "supplements"
_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")


@dataclass
class Pack:
    """A folder, the keys that may have signed what is in it, and what was found wrong, each in one line."""

    folder: Path
    keys: dict[str, Any] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)

    def find(self, path: str, what: str) -> None:
        """Something is wrong with a file."""
        self.findings.append(f"{path}: {what}")

    def read(self, path: str) -> bytes:
        """The bytes of a file; one that's missing is empty here, and is found by its manifest."""
        try:
            return (self.folder / path).read_bytes()
        except OSError:
            return b""

    def sha256(self, path: str) -> str:
        """Of its bytes, bare hex."""
        return hashlib.sha256(self.read(path)).hexdigest()

    def json(self, path: str) -> dict[str, Any]:
        """An object of a JSON file, or an empty one and a finding."""
        value = object_of(self.read(path))
        if value is None:
            self.find(path, "is no JSON object")
        return value or {}

    def refused(self, path: str) -> SignatureRefused | None:
        """Why the signature of a file doesn't hold."""
        try:
            verify(self._token(path), self.keys)
        except SignatureRefused as refused:
            return refused
        return None

    def claims(self, path: str) -> dict[str, Any]:
        """What a file says whose signature holds, or nothing and a finding."""
        try:
            return verify(self._token(path), self.keys)
        except SignatureRefused as refused:
            self.find(path, f"its signature doesn't hold ({refused})")
            return {}

    def compare(self, path: str, sha256: object) -> None:
        """A listed file: it's there, and every byte is as it was."""
        if not (self.folder / path).is_file():
            self.find(path, "is missing")
        elif self.sha256(path) != sha256:
            self.find(path, "its bytes were changed")

    def _token(self, path: str) -> str:
        return self.read(path).decode(errors="replace")

    def paths(self, under: str = "") -> Iterator[str]:
        """All files, and what pretends to be one."""
        below = (f for f in (self.folder / under).rglob("*") if f.is_symlink() or not f.is_dir())
        return (f.relative_to(self.folder).as_posix() for f in below)


def object_of(text: bytes) -> dict[str, Any] | None:
    """A JSON object, or None."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def check_ledger(pack: Pack, path: str, begins: int = 1, previous: str = FIRST_PREVIOUS) -> list[dict[str, Any]]:
    """The entries up to the first line that is none; the first bad entry is named."""
    lines = pack.read(path).split(b"\n")[:-1]
    whole = [entry for entry in takewhile(lambda each: each is not None, map(object_of, lines)) if entry is not None]
    fault = first_fault(whole, begins, previous)
    odd = next((at for at, each in enumerate(whole) if not _is_canonical(each, lines[at])), None)
    if fault:
        pack.find(path, f"entry {fault.seq}: {fault.why}")
    elif odd is not None:
        pack.find(path, f"entry {begins + odd}: isn't written as it was sealed")
    if len(whole) < len(lines):
        pack.find(path, f"entry {begins + len(whole)} is no JSON object")
    return whole


def check_bag(pack: Pack) -> None:
    """No byte changed, no file missing, none extra; what the tag manifest lists first, since the rest hangs on it."""
    tags = _manifest(pack, TAG_MANIFEST, TAGS)
    for path, sha256 in tags.items():
        pack.compare(path, sha256)
    listed = _manifest(pack, MANIFEST, PAYLOAD)
    for path, sha256 in listed.items():
        pack.compare(path, sha256)
    there = {path for path in pack.paths() if not path.startswith(f"{SUPPLEMENTS}/")}
    for path in sorted(there - listed.keys() - tags.keys() - {TAG_MANIFEST, SEAL}):
        pack.find(path, "is in no manifest")


def _manifest(pack: Pack, name: str, needed: tuple[str, ...]) -> dict[str, str]:
    listed: dict[str, str] = {}
    for place, line in enumerate(pack.read(name).decode(errors="replace").splitlines(), start=1):
        match = _LINE.fullmatch(line)
        if match and _inside(match[2]):
            listed[match[2]] = match[1]
        else:
            pack.find(name, f"line {place} isn't a SHA-256 and a path in the pack")
    for path in needed:
        if path not in listed:
            pack.find(name, f"doesn't list {path}")
    return listed


def _is_canonical(entry: dict[str, Any], line: bytes) -> bool:
    """Whether it's the only way to write this entry; one that has none is found by its hash."""
    try:
        return canonical(entry) == line
    except ValueError:
        return True


def _inside(path: str) -> bool:
    """Whether a listed path stays within the pack."""
    return not path.startswith("/") and "\\" not in path and "\x00" not in path and ".." not in path.split("/")
