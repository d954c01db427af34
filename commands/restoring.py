"""`farewell export restore`: a package goes back into the product's database."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.options import Json
from commands.printing import console, say, show, table
from commands.refused import Exit, Refused

if TYPE_CHECKING:
    from commands.restoring_files import Attachments
    from connectors.product_restore import Restored
    from connectors.product_restore_package import OpenedPackage
    from models.inventory import Inventory

_S3 = "s3://"


def restore(
    location: Annotated[str, typer.Argument(help="The package's folder, or its place: s3://bucket/…")],
    *,
    into: Annotated[str, typer.Option(metavar="URL", help="The database that gets the rows; it has the schema.")],
    inventory: Annotated[
        Path | None,
        typer.Option(
            help="Says what was masked; else FAREWELL_INVENTORY_FILE or ./inventory.toml, where there is one."
        ),
    ] = None,
    files: Annotated[
        bool, typer.Option("--files", help="The attachments, too, into FAREWELL_S3_FILES_BUCKET.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do it, compare, and take it back.")] = False,
    as_json: Json = False,
) -> None:
    """Load a package into a database that has the product's schema: all of it or nothing, conflicts first."""
    with refusals(), sound(location) as folder:
        from connectors.product_restore_package import OpenedPackage

        package = OpenedPackage(folder)
        attachments = attachments_of(package) if files else None
        conflicts = attachments.conflicts() if attachments else []
        restored = restored_rows(package, into, _inventory(inventory), attachments, keeps=not (dry_run or conflicts))
        conflicts = [*map(str, restored.conflicts), *conflicts]
        about = {"location": location, "digest": digest_of(folder), "dry_run": dry_run}
        _told(restored, conflicts, about, as_json=as_json)
        if package.description.indexes and not files and not as_json:
            say("The attachments weren't restored: --files does it.")
    if conflicts:
        raise typer.Exit(Exit.REFUSED)


@contextmanager
def refusals() -> Iterator[None]:
    """What the package or the database says no to is a refusal; that nothing was changed is part of it."""
    from connectors.errors import Conflict, NotFound, Rejected

    try:
        yield
    except NotFound as no:
        raise Refused(Exit.NOT_FOUND, no.what, no.fix) from None
    except (Conflict, Rejected) as no:
        raise Refused(Exit.REFUSED, f"nothing was restored: {no.what}", no.fix) from None


@contextmanager
def sound(location: str) -> Iterator[Path]:
    """The folder of the package, verified; one in S3 is fetched for as long as it's needed."""
    from commands.export import fetch_package, verify_package

    with tempfile.TemporaryDirectory(prefix="farewell-restore-") as fetched:
        folder = Path(location)
        if location.startswith(_S3):
            from commands.session import connections

            folder = Path(fetched) / "package"
            fetch_package(connections().objects, location, folder)
        elif not folder.is_dir():
            raise Refused(Exit.NOT_FOUND, f"{location} is no folder")
        if findings := verify_package(str(folder)):
            more = f" and {len(findings) - 1} more" if len(findings) > 1 else ""
            fix = f"farewell export verify {location} lists all"
            raise Refused(Exit.WRONG, f"{location} isn't sound: {findings[0]}{more}", fix)
        yield folder


def _inventory(path: Path | None) -> "Inventory | None":
    """The one that is named, or the setting's if there is such a file."""
    from connectors.configuration import home, load_environment, read_file
    from models.inventory import read_inventory

    load_environment(home())
    named = Path(os.environ.get("FAREWELL_INVENTORY_FILE", "inventory.toml"))
    if path is None and not named.is_file():
        return None
    return read_file("--inventory" if path else "FAREWELL_INVENTORY_FILE", path or named, read_inventory)


def attachments_of(package: "OpenedPackage") -> "Attachments":
    """Its files, for the product's bucket; raises Refused: 2 there is none."""
    from commands.restoring_files import Attachments
    from commands.session import connections

    at = connections()
    if at.settings.s3_files_bucket is None:
        raise Refused(Exit.USAGE, "there is no bucket for the attachments", "set FAREWELL_S3_FILES_BUCKET")
    return Attachments(at.objects, at.settings.s3_files_bucket, package.folder, package.description.indexes)


def restored_rows(
    package: "OpenedPackage",
    into: str,
    inventory: "Inventory | None",
    attachments: "Attachments | None",
    *,
    keeps: bool,
) -> "Restored":
    """The attachments come last within the transaction: no row counts whose files aren't there."""
    from connectors.opening import engine_at
    from connectors.product_restore import restore as restore_rows

    def finishing() -> None:
        if attachments:
            attachments.upload()

    with engine_at("--into", into) as engine:
        return restore_rows(engine, package, inventory, finishing=finishing if keeps else None)


def digest_of(folder: Path) -> str:
    """That of the tag manifest, by which a package is known."""
    import hashlib

    from commands.verification import TAG_MANIFEST

    return f"sha256:{hashlib.sha256((folder / TAG_MANIFEST).read_bytes()).hexdigest()}"


def _told(restored: "Restored", conflicts: list[str], about: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        kept = not (conflicts or about["dry_run"])
        tables = [each.model_dump() for each in restored.tables]
        show({**about, "restored": kept, "conflicts": conflicts, "tables": tables})
    elif conflicts:
        say("\n".join(f"CONFLICT  {conflict}" for conflict in conflicts))
        say("Nothing was restored.")
    else:
        _listed(restored)
        say(_in_words(restored, dry_run=about["dry_run"]))


def _listed(restored: "Restored") -> None:
    figures = ("rows", "inserted", "brought_back", "standing", "left")
    headings = ("data set", "table", *(figure.replace("_", " ") for figure in figures))
    rows = [(each.name, each.table, *(getattr(each, figure) for figure in figures)) for each in restored.tables]
    console().print(table(headings, rows, right=headings[2:]))


def _in_words(restored: "Restored", *, dry_run: bool) -> str:
    written = sum(each.inserted + each.brought_back for each in restored.tables)
    if not written:
        return "All rows are there already: nothing was changed."
    return f"{written} rows would be restored: nothing was kept." if dry_run else f"{written} rows are restored."
