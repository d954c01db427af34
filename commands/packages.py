"""The customer's package: tried out, handed over by a link, fetched, and verified without any server."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from commands.options import AccountArgument, As, Json
from commands.printing import say, show
from commands.refused import Exit, Refused
from commands.restoring import restore
from models.vocabulary import MANIFEST, OWN_PACKAGE, TRIAL_MANIFEST

if TYPE_CHECKING:
    from connectors.opening import Connections

Answer = TypeVar("Answer")


def mount(app: typer.Typer) -> None:
    """Adds the commands."""
    packages = typer.Typer(help="The customer's package.", no_args_is_help=True)
    packages.command()(trial)
    packages.command()(link)
    packages.command()(fetch)
    packages.command()(verify)
    packages.command()(restore)
    app.add_typer(packages, name="export")


def trial(
    account: AccountArgument,
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Return once it is read back and verified.")] = False,
    who: As = None,
    as_json: Json = False,
) -> None:
    """Export everything on trial, before the effective date: nothing of the exit waits for it."""
    from commands.session import acting, connections
    from commands.trials import try_export

    at = connections()
    found = try_export(at, account, acting(at, who), wait=wait)
    if as_json:
        show(found)
        return
    begun = "is under way already" if found["was_under_way"] else "has begun"
    say(f"trial {found['generation']} {'is verified' if wait else begun}: {found['location']}")
    say(f"fetch it{'' if wait else ' once it is verified'}: farewell export fetch {account} --trial --to FOLDER")


def link(account: AccountArgument, as_json: Json = False) -> None:
    """Print a fresh link to the page where the customer fetches the package; whoever has it has the data."""
    from commands.handing_over import fresh_link
    from commands.session import case_of, connections

    at = connections()
    case = case_of(at, account)
    package_of(at, case["id"])
    address, until = fresh_link(at, case)
    if as_json:
        show({"case": case["id"], "link": address, "until": until.isoformat()})
    else:
        say(f"{address}\ngood until {until:%Y-%m-%d %H:%M %Z}, or until the package is erased")


def fetch(
    account: AccountArgument,
    *,
    to: Annotated[Path, typer.Option(help="The folder to put it in.")],
    trial: Annotated[bool, typer.Option("--trial", help="The newest trial instead.")] = False,
    as_json: Json = False,
) -> None:
    """Fetch the verified package of the account's newest exit."""
    from commands.export import fetch_package
    from commands.session import case_of, connections

    at = connections()
    case = case_of(at, account)["id"]
    package = package_of(at, case, TRIAL_MANIFEST if trial else MANIFEST)
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


def package_of(at: "Connections", case: str, kind: str = MANIFEST) -> dict[str, Any]:
    """What was verified last; code 4 once it's erased, 3 before it's there. Source: DOMAIN erasure.7."""
    for purged in at.cases.documents(case, "purge"):
        if purged["name"] == OWN_PACKAGE:
            what = f"the package of {case} was erased at {purged['at']}"
            raise Refused(Exit.REFUSED, what, "the customer's own copy verifies with: farewell export verify FOLDER")
    kept = at.cases.documents(case, kind)
    if not kept and kind == TRIAL_MANIFEST:
        raise Refused(Exit.NOT_FOUND, f"{case} has no verified trial", "farewell export trial ACCOUNT --wait")
    if not kept:
        raise Refused(Exit.NOT_FOUND, f"{case} has no verified package yet", "farewell status says where it stands")
    return dict(kept[-1])
