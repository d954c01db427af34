"""What is known of all parts of a package, once they are written."""

from collections.abc import Sequence
from typing import Self

from activities.package_place import PackagePlace
from activities.package_tables import INSTANT
from activities.pulse import beat
from connectors.errors import Rejected
from models.exporting import PackagedFile, PackagePlan
from models.package import FilesPart, TablesPart


class PackageParts:
    """All parts of a package, as they were written."""

    def __init__(self, tables: TablesPart, file_sets: Sequence[FilesPart]) -> None:
        """In the order of the plan."""
        self.tables, self.file_sets = tables, file_sets

    @classmethod
    def of(cls, place: PackagePlace, planned: PackagePlan) -> Self:
        """What the plan promises, as far as it was written.

        Raises:
            Rejected: a part was never exported, or the tables aren't all of one instant.
        """
        tables = place.part(INSTANT, TablesPart)
        for name in {*planned.data_sets} - {table.name for table in tables.tables}:
            raise Rejected("export package", f"{name} was never exported", "export again")
        for table in tables.tables:
            if table.instant != tables.instant:
                raise Rejected("export package", f"{table.name} is of another instant than the rest", "export again")
        return cls(tables, [place.part(name, FilesPart) for name in planned.file_sets])

    def files(self) -> list[PackagedFile]:
        """Every file of the payload but the description and the README."""
        return [
            *(part.file for part in self.tables.tables),
            *(part.index for part in self.file_sets),
            *(copy for part in self.file_sets for copy in part.copies),
        ]

    def refuse_changed(self, place: PackagePlace) -> None:
        """Looks whether the tables still are those that were proven.

        Raises:
            Rejected: one isn't; another attempt has changed it meanwhile.
        """
        for table in self.tables.tables:
            beat()
            if not place.stands(table.file, table.checksum):
                raise Rejected("export package", f"{table.file.path} was changed since", "export again")
