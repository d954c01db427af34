"""What is known of the parts of a package once they are written; kept beside the bag until it's dropped."""

from pydantic import Field

from models.effects import PackagedFile
from models.payload import Payload


class PackagedColumn(Payload):
    """A column. `loose`: a value doesn't fit the type; `says_null`: a text is spelt like NULL, and quoted."""

    name: str
    database_type: str
    nullable: bool
    loose: bool = False
    says_null: bool = False


class ForeignKey(Payload):
    """Columns that point at `references` of a table of the product."""

    columns: tuple[str, ...]
    table: str
    references: tuple[str, ...]


class TablePart(Payload):
    """A data set in the package."""

    name: str
    table: str
    file: PackagedFile
    columns: tuple[PackagedColumn, ...]
    primary: tuple[str, ...] = ()
    foreign: tuple[ForeignKey, ...] = ()


class Attached(Payload):
    """A file of a file set: its key in the product's bucket and, unless `missing` says why not, its copy."""

    key: str
    file: PackagedFile | None = None
    missing: str = ""


class FilesPart(Payload):
    """A file set in the package; `index` is the list of its files, as CSV."""

    name: str
    index: PackagedFile
    attached: tuple[Attached, ...] = Field(default=())

    @property
    def copies(self) -> list[PackagedFile]:
        """The files that are there."""
        return [each.file for each in self.attached if each.file]
