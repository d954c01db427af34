"""Verifies an evidence pack: a folder and, if there is one, the published keys. No server, settings or database.

Source: DOMAIN audit.2; CONTRACTS, Evidence pack.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commands.pack_files import (
    CERTIFICATE,
    KEYS,
    LEDGER,
    PLAN,
    SEAL,
    SUPPLEMENTS,
    TAG_MANIFEST,
    TAGS,
    Pack,
    check_bag,
    check_ledger,
    object_of,
)
from commands.pack_supplements import check_supplements
from models.ledger import FIRST_PREVIOUS, digest

__all__ = ["PackReport", "check_pack"]


@dataclass(frozen=True)
class PackReport:
    """What was found wrong, each in one line; nothing means sound.

    `signer_checked` is whether the signatures were held against a published key, not only the pack's own.
    `entries` and `head` are the ledger's as it stands in the pack; `supplements` is the highest number of one: whether
    there is a later one can't be found in a folder.
    """

    findings: tuple[str, ...]
    signer_checked: bool
    entries: int
    head: str
    supplements: int = 0

    @property
    def sound(self) -> bool:
        """Whether everything holds."""
        return not self.findings


def check_pack(folder: Path, published_keys: Path | None = None) -> PackReport:
    """Compares every byte with what was signed, and recomputes the chain; the first finding is the cause of others.

    Raises:
        OSError, ValueError: the folder or the published keys can't be read.
    """
    if not folder.is_dir():
        raise NotADirectoryError("it is no folder")
    if not any((folder / each).exists() for each in (SEAL, *TAGS)):
        raise FileNotFoundError(f"it is no evidence pack, with neither {SEAL} nor {TAGS[0]} in it")
    pack = Pack(folder)
    pack.keys = _published(published_keys) if published_keys else _own_keys(pack)
    seal = _check_seal(pack)
    entries = check_ledger(pack, LEDGER)
    _check_length(pack, seal, entries)
    _check_certificate(pack, seal)
    head = str(entries[-1].get("entry_sha256", "")) if entries else FIRST_PREVIOUS
    tag_manifest = seal.get("tagmanifest_sha256") or pack.sha256(TAG_MANIFEST)
    case = seal.get("case") or (entries[0].get("case") if entries else None)
    supplements = check_supplements(pack, case, tag_manifest, len(entries), head)
    return PackReport(tuple(pack.findings), published_keys is not None, len(entries), head, supplements)


def _published(path: Path) -> dict[str, Any]:
    keys = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(keys, dict) or not isinstance(keys.get("keys"), list):
        raise ValueError(f"{path} holds no JWKS")  # noqa: TRY004  # the file is wrong, not the caller
    return keys


def _own_keys(pack: Pack) -> dict[str, Any]:
    """Every key that the pack or a supplement brings along: one that's damaged is made good by another."""
    paths = [KEYS, *(path for path in sorted(pack.paths(SUPPLEMENTS)) if path.endswith("/keys.json"))]
    found = [(object_of(pack.read(path)) or {}).get("keys") for path in paths]
    return {"keys": [key for keys in found if isinstance(keys, list) for key in keys]}


def _check_seal(pack: Pack) -> dict[str, Any]:
    """The seal holds the tag manifest, that the manifest, and that the files: they're looked at in this order.

    Where the seal's own signature doesn't hold, the keys in the pack may be the cause: then the files come first.
    """
    seal = {} if pack.refused(SEAL) else pack.claims(SEAL)
    if seal and seal.get("tagmanifest_sha256") != pack.sha256(TAG_MANIFEST):
        pack.find(TAG_MANIFEST, "isn't the one that was sealed")
    check_bag(pack)
    return seal or pack.claims(SEAL)


def _check_length(pack: Pack, seal: dict[str, Any], entries: list[dict[str, Any]]) -> None:
    """The signed length and head against the ledger that stands here."""
    if not seal:
        return
    sealed = int(seal.get("entries") or 0)
    if sealed != len(entries):
        text = f"holds {len(entries)} entries, {sealed} were sealed"
        pack.find(LEDGER, f"{text}; it is cut or grown after entry {min(sealed, len(entries))}")
    elif entries and seal.get("head") != entries[-1].get("entry_sha256"):
        pack.find(LEDGER, f"entry {len(entries)}: isn't the head that was sealed; the chain was recomputed")
    if any(entry.get("case") != seal.get("case") for entry in entries):
        pack.find(LEDGER, f"holds an entry of another case than {seal.get('case')}")


def _check_certificate(pack: Pack, seal: dict[str, Any]) -> None:
    """Signed, of this case, and of this plan, whose hash is that of its commitments."""
    certificate, plan = pack.claims(CERTIFICATE), pack.json(PLAN)
    if plan and plan.get("hash") != _hash(plan.get("commitments")):
        pack.find(PLAN, "its hash isn't that of its commitments")
    if certificate and certificate.get("plan") != plan.get("hash"):
        pack.find(CERTIFICATE, "was signed for another plan")
    if certificate and seal and certificate.get("case") != seal.get("case"):
        pack.find(CERTIFICATE, "was signed for another case")


def _hash(commitments: object) -> str | None:
    try:
        return digest(commitments)
    except ValueError:  # a number that canonical JSON doesn't carry
        return None
