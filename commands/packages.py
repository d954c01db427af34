"""The customer's package: fetched, and verified without any server."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from commands.options import AccountArgument, Json
from commands.printing import say, show
from commands.refused import Exit, Refused

if TYPE_CHECKING:
    from connectors.opening import Connections

Answer = TypeVar("Answer")
OWN_PACKAGE = "own/package"


def mount(app: typer.Typer) -> None:
    """Adds the commands."""
    packages = typer.Typer(help="The customer's package.", no_args_is_help=True)
    packages.command()(fetch)
    packages.command()(verify)
    app.add_typer(packages, name="export")


def fetch(
    account: AccountArgument, to: Annotated[Path, typer.Option(help="The folder to put it in.")], as_json: Json = False
) -> None:
    """Fetch the verified package of the account's newest exit."""
    from commands.export import fetch_package
    from commands.session import case_of, connections

    at = connections()
    case = case_of(at, account)["id"]
    package = _package(at, case)
    folder = to / f"{case}-{package['generation']}"
    _found(lambda: fetch_package(at.objects, package["location"], folder))
    if as_json:
        show({"case": case, "folder": str(folder), "location": package["location"]})
    else:
        say(f"{folder}: check it with: farewell export verify {folder}")


def verify(
    location: Annotated[str, typer.Argument(help="The package's folder, or its place: s3://bucket/…")],
    as_json: Json = False,
) -> None:
    """Check a package, every byte and every row; a folder needs no server."""
    from commands.export import verify_package

    objects = None
    if location.startswith("s3://"):
        from commands.session import connections

        objects = connections().objects
    elif not Path(location).is_dir():
        raise Refused(Exit.NOT_FOUND, f"{location} is no folder")
    findings = _found(lambda: verify_package(location, objects))
    if as_json:
        show({"location": location, "sound": not findings, "findings": findings})
    else:
        say("\n".join(f"WRONG  {finding}" for finding in findings) or f"{location} is sound")
    if findings:
        raise typer.Exit(Exit.WRONG)


def _found(look: Callable[[], Answer]) -> Answer:
    """What `look` answers; a package that isn't there is code 3."""
    from connectors.errors import NotFound

    try:
        return look()
    except NotFound as no:
        raise Refused(Exit.NOT_FOUND, no.what, no.fix) from None


def _package(at: "Connections", case: str) -> dict[str, Any]:
    """What was verified last; code 4 once it's erased, 3 before it's there. Source: DOMAIN erasure.7."""
    for purged in at.cases.documents(case, "purge"):
        if purged["name"] == OWN_PACKAGE:
            what = f"the package of {case} was erased at {purged['at']}"
            raise Refused(Exit.REFUSED, what, "the customer's own copy verifies with: farewell export verify FOLDER")
    kept = at.cases.documents(case, "manifest")
    if not kept:
        raise Refused(Exit.NOT_FOUND, f"{case} has no verified package yet", "farewell status says where it stands")
    return dict(kept[-1])
