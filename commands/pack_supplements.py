"""Verifies what was sealed beside a pack afterwards: each supplement, and that none is missing between two.

Source: DOMAIN audit.2; CONTRACTS, Evidence pack.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from commands.pack_files import CERTIFICATE, SUPPLEMENTS, Pack, check_ledger, object_of
from rules.signature import UnknownSigner, claims_of

SIGNED, LEDGER, KEYS, REISSUED = "supplement.jws", "ledger.jsonl", "keys.json", "certificate.jws"
NAMES = re.compile(r"(\d{4})-(scan|charges|chase|backups|retained)")


@dataclass
class _Chain:
    """What the next supplement must follow; `whole` is False after a missing one, for then nobody can tell."""

    case: object
    pack: str
    ends: int
    head: str
    certificate: str
    previous: str | None = None
    whole: bool = True


def check_supplements(pack: Pack, case: object, tag_manifest: str, ends: int, head: str) -> int:
    """Checks them in order, after a ledger of `ends` entries with that head; answers the highest number.

    That a later one is missing can't be found: nothing in the folder knows of it.
    """
    there = _numbered(pack)
    chain = _Chain(case, tag_manifest, ends, head, f"sha256:{pack.sha256(CERTIFICATE)}")
    last = max(there, default=0)
    for number in range(1, last + 1):
        if number in there:
            _check(pack, f"{SUPPLEMENTS}/{there[number]}", number, chain)
        else:
            pack.find(f"{SUPPLEMENTS}/{number:04}", "is missing")
            chain.whole = False
    return last


def _numbered(pack: Pack) -> dict[int, str]:
    """The folders by number; whatever else is there is found."""
    there: dict[int, str] = {}
    for name in sorted({path.split("/")[1] for path in pack.paths(SUPPLEMENTS)}):
        match = NAMES.fullmatch(name)
        if match is None or int(match[1]) == 0:
            pack.find(f"{SUPPLEMENTS}/{name}", "is no supplement")
        elif int(match[1]) in there:
            pack.find(f"{SUPPLEMENTS}/{name}", f"bears the number of {there[int(match[1])]}")
        else:
            there[int(match[1])] = name
    return there


def _check(pack: Pack, at: str, number: int, chain: _Chain) -> None:
    if isinstance(pack.refused(f"{at}/{SIGNED}"), UnknownSigner):
        _check_files(pack, at, _unsigned(pack, at))  # the key that is missing may be damaged here
    claims = pack.claims(f"{at}/{SIGNED}")
    if claims:
        _check_files(pack, at, claims.get("files") or {})
        _check_claims(pack, at, number, claims, chain)
    _check_ledger(pack, at, claims.get("ledger"), chain)
    if (pack.folder / at / REISSUED).exists():
        _check_certificate(pack, f"{at}/{REISSUED}", chain)
    chain.previous, chain.whole = pack.sha256(f"{at}/{SIGNED}"), True


def _unsigned(pack: Pack, at: str) -> dict[str, Any]:
    """The files that it lists, on nobody's word."""
    try:
        return dict(claims_of(pack.read(f"{at}/{SIGNED}").decode())["files"])
    except (ValueError, IndexError, KeyError, TypeError):
        return {}


def _check_files(pack: Pack, at: str, listed: Mapping[str, object]) -> None:
    for path, sha256 in listed.items():
        pack.compare(f"{at}/{path}", sha256)
    expected = {f"{at}/{path}" for path in listed} | {f"{at}/{SIGNED}"}
    for path in sorted(set(pack.paths(at)) - expected):
        pack.find(path, "isn't what was sealed here")


def _check_claims(pack: Pack, at: str, number: int, claims: Mapping[str, Any], chain: _Chain) -> None:
    told = f"{claims.get('number')!s:0>4}-{claims.get('kind')}"
    if not at.endswith(f"/{told}"):
        pack.find(f"{at}/{SIGNED}", f"was sealed as {told}")
    if (claims.get("case"), claims.get("pack")) != (chain.case, chain.pack):
        pack.find(f"{at}/{SIGNED}", "was sealed beside another pack")
    if chain.whole and claims.get("previous") != chain.previous:
        pack.find(f"{at}/{SIGNED}", f"doesn't follow supplement {number - 1}")


def _check_ledger(pack: Pack, at: str, told: object, chain: _Chain) -> None:
    """It goes on where the last one ended, and ends where it's signed that it does."""
    path = f"{at}/{LEDGER}"
    if not chain.whole:
        first = object_of(pack.read(path).partition(b"\n")[0]) or {}
        chain.ends, chain.head = _number(first.get("seq")) - 1, str(first.get("prev_sha256"))
    entries = check_ledger(pack, path, chain.ends + 1, chain.head)
    if any(entry.get("case") != chain.case for entry in entries):
        pack.find(path, f"holds an entry of another case than {chain.case}")
    begins, chain.ends = chain.ends + 1, chain.ends + len(entries)
    chain.head = str(entries[-1].get("entry_sha256")) if entries else chain.head
    if told and told != {"from": begins, "to": chain.ends, "head": chain.head}:
        pack.find(path, f"isn't the part of the ledger that was sealed; it is cut or grown after entry {chain.ends}")


def _check_certificate(pack: Pack, path: str, chain: _Chain) -> None:
    """One that replaces another names it."""
    claims = pack.claims(path)
    if claims and claims.get("case") != chain.case:
        pack.find(path, f"was signed for another case than {chain.case}")
    if claims and chain.whole and claims.get("supersedes") != chain.certificate:
        pack.find(path, "doesn't replace the certificate before it")
    chain.certificate = f"sha256:{pack.sha256(path)}"


def _number(value: object) -> int:
    return value if isinstance(value, int) else 1
