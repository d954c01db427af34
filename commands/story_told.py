"""`farewell audit ACCOUNT`: the story of an exit from its ledger alone, or from a pack that was fetched.

It asks neither Temporal nor any key: it works when the one has forgotten the case and the other is destroyed.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

import typer

from commands.options import Json, MaybeAccountArgument
from commands.printing import say, show
from commands.refused import Exit, Refused

if TYPE_CHECKING:
    from connectors.opening import Connections
    from models.ledger import LedgerEntry

Form = Annotated[Literal["text", "json", "pdf"], typer.Option("--format", help="For people, programs, or to keep.")]
Out = Annotated[Path | None, typer.Option(metavar="FILE", help="Where to write the PDF.")]
Pack = Annotated[Path | None, typer.Option("--from", metavar="PACK", help="Tell it from a fetched pack, offline.")]


def story(
    account: MaybeAccountArgument = None,
    *,
    form: Form = "text",
    out: Out = None,
    pack: Pack = None,
    as_json: Json = False,
) -> None:
    """Tell the story of the account's newest exit, or of the case that is named, from its ledger alone."""
    is_json = as_json or form == "json"
    if (form == "pdf") != (out is not None) or (form == "pdf" and as_json):
        raise Refused(Exit.USAGE, "a PDF needs a file, and nothing else has one", "say --format pdf --out story.pdf")
    if (account is None) == (pack is None):
        raise Refused(Exit.USAGE, "the story of which exit?", "name an ACCOUNT, or a pack with --from")
    entries, zone = _of_pack(pack) if pack else _of_account(str(account))
    if is_json:
        case = entries[0].case if entries else None
        about = {"case": case, "account": case.rpartition("-")[0] if case else account}
        show({**about, "entries": [entry.model_dump(mode="json") for entry in entries]})
    elif out is not None:
        _print(out, entries, zone)
    else:
        _tell(entries, zone)
    _refuse_broken(entries)


def told(at: "Connections", case: str, entries: "list[LedgerEntry]") -> str:
    """The story of a case, in the customer's zone as far as a plan names it."""
    from commands.story import tell

    return tell(entries, _zone(at, case))


def _of_account(account: str) -> "tuple[list[LedgerEntry], tzinfo]":
    from commands.session import case_of, connections

    at = connections()
    case = case_of(at, account)
    return at.ledger.entries(case["id"]), _zone(at, case["id"])


def _zone(at: "Connections", case: str) -> tzinfo:
    plans = at.cases.plans(case)
    return ZoneInfo(plans[-1].commitments.timezone) if plans else UTC


def _of_pack(pack: Path) -> "tuple[list[LedgerEntry], tzinfo]":
    """As it stands there; whether it was changed, `audit verify` says."""
    from commands.pack_files import LEDGER, PLAN, SUPPLEMENTS

    ledgers = [pack / LEDGER, *sorted((pack / SUPPLEMENTS).glob("*/ledger.jsonl"))]
    try:
        entries = [entry for ledger in ledgers for entry in _entries(ledger)]
        plan = json.loads((pack / PLAN).read_bytes())
        return entries, ZoneInfo(plan["commitments"]["timezone"])
    except OSError as error:
        what = f"{error.filename or pack} can't be read: {error.strerror or error}"
        raise Refused(Exit.NOT_FOUND, what, "name a folder that `farewell audit fetch` made") from None
    except (ValueError, KeyError, TypeError):
        what = f"{pack} holds something else than a ledger and a plan"
        raise Refused(Exit.WRONG, what, f"farewell audit verify {pack} names the file") from None


def _entries(ledger: Path) -> "Iterator[LedgerEntry]":
    from models.ledger import LedgerEntry

    return (LedgerEntry.model_validate_json(line) for line in ledger.read_bytes().splitlines())


def _tell(entries: "Sequence[LedgerEntry]", zone: tzinfo) -> None:
    from commands.story import tell

    say(tell(entries, zone))


def _print(out: Path, entries: "Sequence[LedgerEntry]", zone: tzinfo) -> None:
    from commands.story_paper import print_story

    if not entries:
        raise Refused(Exit.NOT_FOUND, "the ledger of this case is empty", "there is nothing to print yet")
    content = print_story(entries, zone)
    try:
        out.write_bytes(content)
    except OSError as error:
        raise Refused(Exit.USAGE, f"{out} can't be written: {error.strerror}", "choose another --out") from None
    say(f"{out}: {len(content)} bytes")


def _refuse_broken(entries: "Sequence[LedgerEntry]") -> None:
    from rules.chain import first_fault

    fault = first_fault(_plain(entry) for entry in entries)
    if fault:
        raise Refused(Exit.WRONG, f"the ledger's chain is broken at entry {fault.seq}: {fault.why}")


def _plain(entry: "LedgerEntry") -> dict[str, Any]:
    return entry.model_dump(mode="json")
