"""What happened in an exit, from its ledger; and the sealed pack, fetched and checked. Source: DOMAIN audit."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from commands.options import AccountArgument, Json
from commands.printing import say, show
from commands.refused import Exit, Refused
from commands.story_told import story

if TYPE_CHECKING:
    from commands.pack_check import PackReport
    from connectors.opening import Connections


class _StoryFirst(TyperGroup):
    """`audit ACCOUNT` is `audit story ACCOUNT`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Puts the word in where none of the group's is said."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["story", *args]
        return super().parse_args(ctx, args)


def mount(app: typer.Typer) -> None:
    """Adds the commands."""
    audits = typer.Typer(cls=_StoryFirst, help="What happened, and its proof: audit ACCOUNT.", no_args_is_help=True)
    audits.command()(story)
    audits.command()(fetch)
    audits.command()(verify)
    app.add_typer(audits, name="audit")


def fetch(
    account: AccountArgument,
    to: Annotated[Path, typer.Option(help="The folder to put it in.")],
    as_json: Json = False,
) -> None:
    """Fetch the sealed evidence pack of the account's newest exit, or of the case that is named."""
    from commands.session import case_of, connections

    at = connections()
    case = case_of(at, account)
    folder = to / case["id"]
    files = fetch_pack(at, case["id"], folder)
    if as_json:
        show({"case": case["id"], "folder": str(folder), "files": files})
    else:
        say(f"{folder}: {files} files; check them with: farewell audit verify {folder}")


def fetch_pack(at: "Connections", case: str, folder: Path) -> int:
    """Writes the pack of a case, as it was sealed, into the folder; answers how many files."""
    prefix, paths = f"{case}/", list[str]()
    for key, body in at.objects.sealed(at.settings.s3_evidence_bucket, prefix):
        paths.append(key.removeprefix(prefix))
        _write(folder, paths[-1], body)
    if not paths:
        raise Refused(Exit.NOT_FOUND, f"{case} has no sealed evidence yet", "it's sealed when the case closes")
    return len(paths)


def verify(
    pack: Annotated[Path, typer.Argument(metavar="PACK", help="The folder of the pack.")],
    keys: Annotated[Path | None, typer.Option(help="The published keys, a JWKS file.")] = None,
    as_json: Json = False,
) -> None:
    """Check a sealed pack, without any server."""
    from commands.pack_check import check_pack

    try:
        report = check_pack(pack, keys)
    except OSError as error:
        raise Refused(Exit.NOT_FOUND, f"{error.filename or pack} can't be read: {error.strerror or error}") from None
    except ValueError:
        raise Refused(Exit.USAGE, f"{keys} holds no JWKS", "name the published keys as JSON") from None
    if as_json:
        show(_report(report))
    else:
        _tell(report, pack)
    if not report.sound:
        raise typer.Exit(Exit.WRONG)


def _report(report: "PackReport") -> dict[str, Any]:
    return {
        "sound": report.sound,
        "findings": list(report.findings),
        "signer_checked": report.signer_checked,
        "ledger_entries": report.entries,
        "head": report.head,
        "supplements": report.supplements,
    }


def _tell(report: "PackReport", pack: Path) -> None:
    for finding in report.findings:
        say(f"WRONG  {finding}")
    if report.sound:
        say(f"{pack} is sound: {report.entries} ledger entries, every byte as it was signed")
    if report.supplements:
        many = "supplement was" if report.supplements == 1 else "supplements were"
        say(f"{report.supplements} {many} sealed after it; whether there is a later one, no folder can tell")
    if report.signer_checked:
        say("the signer was checked against the published keys")
    else:
        say("the signer was checked against the pack's own key only; compare with published ones: --keys JWKS")


def _write(folder: Path, path: str, body: bytes) -> None:
    target = folder / path
    if not target.resolve().is_relative_to(folder.resolve()):
        raise Refused(Exit.WRONG, f"the bucket names a file outside the pack: {path}")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(body)
