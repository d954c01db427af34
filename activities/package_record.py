"""What is to be known of each table of a package: its columns and keys, and that no row is missing."""

from collections.abc import Mapping, Sequence

from activities.account_rows import AccountRows
from connectors.errors import NotFound, Rejected
from connectors.ports.product import TableRead
from models.exporting import PackagedFile
from models.hop import Hop
from models.inventory import DataSet
from models.package import TablePart
from models.schema import TableFacts


class TableRecords:
    """The records of one package, as of one instant."""

    def __init__(self, rows: AccountRows, facts: Mapping[str, TableFacts], packaged: Sequence[DataSet]) -> None:
        """`facts` of tables by name; `packaged` is all that goes into the package."""
        self._rows, self._facts = rows, facts
        self._packaged = {each.table: each for each in packaged}

    def made(self, data_set: DataSet, read: TableRead, file: PackagedFile, checksum: str) -> TablePart:
        """Of a table that was read to its end.

        Raises:
            Rejected: a count finds other rows. NotFound: the table is gone.
        """
        return TablePart(
            name=data_set.name,
            table=data_set.table,
            file=file,
            columns=read.columns,
            primary=self._primary(data_set),
            foreign=self._foreign(data_set),
            format=data_set.format,
            shared=bool(data_set.used_by),
            left_out=data_set.leave_out,
            instant=self._rows.instant,
            counted=self._counted(data_set, read),
            checksum=checksum,
            inventory=self._rows.inventory,
        )

    def renewed(self, kept: TablePart, data_set: DataSet) -> TablePart:
        """Of a table whose rows are proven to be those of this instant, too."""
        return kept.model_copy(update={"instant": self._rows.instant, "foreign": self._foreign(data_set)})

    def _foreign(self, data_set: DataSet) -> tuple[Hop, ...]:
        """The keys that hold within the package, which is all that its description may promise."""
        hops = (key.hop for key in self._facts_of(data_set).foreign if key.hop.parent in self._packaged)
        return tuple(hop for hop in hops if self._is_told(data_set, hop) and self._holds(data_set, hop))

    def _is_told(self, data_set: DataSet, hop: Hop) -> bool:
        """Both its ends are columns of the package."""
        there = self._packaged[hop.parent].leave_out
        return not {*data_set.leave_out} & {*hop.child_columns} and not {*there} & {*hop.parent_columns}

    def _primary(self, data_set: DataSet) -> tuple[str, ...]:
        primary = self._facts_of(data_set).primary
        return () if {*primary} & {*data_set.leave_out} else primary

    def _holds(self, data_set: DataSet, hop: Hop) -> bool:
        """The only way to the root leads to what is exported: the database needn't be asked."""
        alone = len(hop.child_columns) == 1 and data_set.hops == (hop,)
        if alone and self._packaged[hop.parent].of_two != "keep":
            return True
        return self._rows.closed(data_set, hop)

    def _counted(self, data_set: DataSet, read: TableRead) -> int:
        """By a count of its own, at the same instant. Source: DOMAIN stages.2."""
        counted = self._rows.count(data_set)
        if counted != read.rows:
            what = f"{read.rows} rows of {data_set.table} were read, {counted} are counted at the same instant"
            raise Rejected("product database", what, "this is a bug of ours: keep the schema and tell us")
        return counted

    def _facts_of(self, data_set: DataSet) -> TableFacts:
        facts = self._facts.get(data_set.table)
        if facts is None:
            raise NotFound("product database", f"there is no table {data_set.table}", "correct the inventory")
        return facts
