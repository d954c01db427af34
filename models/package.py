"""What is known of the parts of a package once they are written; kept beside the bag until it's dropped."""

from pydantic import Field

from models.exporting import PackagedFile
from models.hop import Hop
from models.payload import Payload


class PackagedColumn(Payload):
    """A column. `loose`: a value doesn't fit the type; `says_null`: a text is spelt like NULL, and quoted.

    `storage`: as what the driver gave its values, where the type doesn't rule it: `integer` `real` `text` `blob`.
    """

    name: str
    database_type: str
    nullable: bool
    generated: bool = False
    loose: bool = False
    says_null: bool = False
    storage: tuple[str, ...] = ()


class Uploaded(Payload):
    """An object as it was sent. `checksum` is what S3 says of the whole: SHA-256, base64, or `…-<parts>` of parts.

    `kept_bytes` stood already from an attempt before; `sent_bytes` were sent by this one.
    """

    size_bytes: int
    sha256: str
    checksum: str
    parts: int = 1
    sent_bytes: int = 0
    kept_bytes: int = 0


class TablePart(Payload):
    """A data set in the package.

    `instant` names the snapshot that it was read from, `counted` how many rows a count of its own found there.
    `inventory` is the digest of the inventory that decided which rows belong.
    """

    name: str
    table: str
    file: PackagedFile
    columns: tuple[PackagedColumn, ...]
    primary: tuple[str, ...] = ()
    foreign: tuple[Hop, ...] = ()
    format: str = "csv"
    shared: bool = False
    left_out: tuple[str, ...] = ()
    instant: str = ""
    counted: int = 0
    checksum: str = ""
    inventory: str = ""


class TablesPart(Payload):
    """All tables of a package, proven to be of one `instant`; `dialect` and `root` as in the source's database.

    `sent_bytes` and `kept_bytes` say what the last attempt sent, and what it found standing from those before.
    """

    instant: str
    dialect: str
    root: str
    tables: tuple[TablePart, ...]
    sent_bytes: int = 0
    kept_bytes: int = 0


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
    def missing(self) -> int:
        """How many were listed, and aren't there."""
        return sum(1 for each in self.attached if each.missing)

    @property
    def copies(self) -> list[PackagedFile]:
        """The files that are there."""
        return [each.file for each in self.attached if each.file]
