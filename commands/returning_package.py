"""The package that a returning customer brings, back under the old keys. Source: DOMAIN messages.9."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from commands.refused import Exit, Refused

if TYPE_CHECKING:
    from connectors.opening import Connections

MANIFEST = "manifest"


def bring_back(at: "Connections", account: str, location: str) -> int:
    """Restores the package at a folder or at `s3://…` into the product, with its files; how many rows it holds.

    All of it or nothing; a second run changes nothing.

    Raises:
        Refused: 3 it isn't there; 6 it isn't sound; 4 we never made it of this account, or rows stand in its way.
    """
    from commands.restoring import attachments_of, digest_of, refusals, restored_rows, sound

    with refusals(), sound(location) as folder:
        from connectors.product_restore_package import OpenedPackage

        if digest_of(folder) not in set(_ours(at, account)):
            what = f"{location} is no package that was made of {account}"
            raise Refused(
                Exit.REFUSED, what, "nothing was restored; farewell export restore loads any package anywhere"
            )
        package = OpenedPackage(folder)
        attachments = attachments_of(package) if package.description.indexes else None
        conflicts = attachments.conflicts() if attachments else []
        into = at.settings.product_database_url
        restored = restored_rows(package, into, at.inventory, attachments, keeps=not conflicts)
        if conflicts := [*map(str, restored.conflicts), *conflicts]:
            more = f" and {len(conflicts) - 1} more" if len(conflicts) > 1 else ""
            what = f"nothing was restored: {conflicts[0]}{more}"
            raise Refused(Exit.REFUSED, what, f"farewell export restore {location} --into URL --dry-run lists all")
        return sum(each.rows for each in restored.tables)


def _ours(at: "Connections", account: str) -> Iterator[str]:
    """The digests of all packages that were made of it; they outlive its key. Source: DOMAIN erasure.7."""
    for case in at.cases.cases():
        if case["account"] == account:
            yield from (str(each["digest"]) for each in at.cases.documents(case["id"], MANIFEST))
