"""The export: every planned data set in one package, read back and counted again before anybody relies on it.

Source: DOMAIN stages.2, money.8; CONTRACTS, Export package.
"""

from collections.abc import Iterator
from itertools import islice

from temporalio import activity

from activities.holdings import FILES
from activities.package_bag import PackageParts, commit, is_committed, summary
from activities.package_check import PackageCheck
from activities.package_place import PackagePlace
from activities.package_source import PackageSource
from activities.package_words import Readme
from activities.pulse import beat
from connectors.errors import Rejected
from connectors.ports import CaseStore, Directory, ObjectStore, ProductDatabase
from models.case import Noted, PackageRef
from models.effects import CommitRequest, PackagePlan, PackageRequest, PackageResult, PartRequest, PartResult
from models.inventory import DataSet, FileSet, Inventory
from models.package import FilesPart, TablePart
from models.policy import Policy

_FINDINGS_TOLD = 3


class ExportActivities:
    """Every effect may run twice: equal rows give equal bytes at the same place, and a commit happens once."""

    def __init__(
        self,
        *,
        objects: ObjectStore,
        product: ProductDatabase,
        store: CaseStore,
        directory: Directory,
        inventory: Inventory,
        bucket: str,
        files_bucket: str | None,
        policy: Policy,
    ) -> None:
        """`bucket` is the export bucket, `files_bucket` the product's."""
        self._objects, self._product, self._store = objects, product, store
        self._directory, self._inventory, self._policy = directory, inventory, policy
        self._bucket, self._files_bucket = bucket, files_bucket

    @activity.defn(name="plan_package")
    def plan_package(self, request: PackageRequest) -> PackagePlan:
        """Names the parts that the approved plan promises.

        Raises:
            Rejected: the inventory no longer knows one of them.
        """
        self._objects.check(self._bucket, locked=False)
        return self._planned(request)

    @activity.defn(name="export_data_set")
    def export_data_set(self, request: PartRequest) -> PartResult:
        """Streams the rows of the data set that `subject` names into the package."""
        part = self._source(request).export_table(self._data_set(request.subject))
        return PartResult(name=part.name, files=1, rows=part.file.rows or 0, size_bytes=part.file.size_bytes)

    @activity.defn(name="export_files")
    def export_files(self, request: PartRequest) -> PartResult:
        """Copies the file set that `subject` names (`files/…`); a missing file is listed in the package as missing."""
        part = self._source(request).export_files(request.subject, self._file_set(request.subject))
        files = [part.index, *part.copies]
        return PartResult(name=part.name, files=len(files), rows=0, size_bytes=sum(each.size_bytes for each in files))

    @activity.defn(name="commit_package")
    def commit_package(self, request: CommitRequest) -> Noted:
        """Describes the parts; the tag manifest comes last. A committed package is left as it is.

        Raises:
            Rejected: a planned part was never exported.
        """
        place = self._place(request)
        if is_committed(place):
            return Noted(text="was committed before")
        account, at = self._directory.facts(request.account).account, activity.info().scheduled_time
        readme = Readme(account, self._policy.sender, request.case, at)
        commit(place, self._parts(request), readme, self._about(), at)
        return Noted(text=place.location)

    @activity.defn(name="verify_package")
    def verify_package(self, request: CommitRequest) -> PackageResult:
        """Reads all of it back from the bucket, compares every file, and counts the source again.

        Keeps the document `manifest`: what the package holds.

        Raises:
            Rejected: which file differs, and how. Not retryable: no proof, no erasure.
        """
        place, parts, at = self._place(request), self._parts(request), activity.info().scheduled_time
        check = PackageCheck(place, beat)
        found = [*check.findings(), *self._recounted(request, parts)]
        if found:
            told = "; ".join(islice(found, _FINDINGS_TOLD))
            more = f"; and {len(found) - _FINDINGS_TOLD} more" if len(found) > _FINDINGS_TOLD else ""
            raise Rejected("export package", f"{told}{more}", "find out who changed it, then export again")
        package = summary(place, parts, check.weighed, request.generation, at)
        self._store.keep_document(request.case, "manifest", request.idempotency_key, package, at)
        return PackageResult(package=PackageRef.model_validate(package))

    @activity.defn(name="drop_package")
    def drop_package(self, request: PackageRequest) -> Noted:
        """Erases the package of this generation, with every version and upload, finished or not."""
        place = self._place(request)
        place.drop()
        return Noted(text=place.location)

    def _planned(self, request: PackageRequest) -> PackagePlan:
        duties = self._store.plan(request.case, request.plan_hash).commitments.data_sets
        names = [duty.name for duty in duties if duty.export]
        planned = PackagePlan(
            data_sets=tuple(name for name in names if not name.startswith(FILES)),
            file_sets=tuple(name for name in names if name.startswith(FILES)),
        )
        for name in planned.data_sets:
            self._data_set(name)
        for name in planned.file_sets:
            self._file_set(name)
        return planned

    def _parts(self, request: PackageRequest) -> PackageParts:
        place, planned = self._place(request), self._planned(request)
        return PackageParts(
            [place.part(name, TablePart) for name in planned.data_sets],
            [place.part(name, FilesPart) for name in planned.file_sets],
        )

    def _recounted(self, request: PackageRequest, parts: PackageParts) -> Iterator[str]:
        source = self._source(request)
        for table in parts.tables:
            beat()
            counted = source.count(self._data_set(table.name))
            if counted != table.file.rows:
                yield f"{table.file.path} has {table.file.rows} rows, {table.table} has {counted}"
        for files in parts.file_sets:
            beat()
            now = source.keys(self._file_set(files.name))
            if {*now} != {each.key for each in files.attached}:
                yield f"{files.index.path} lists {len(files.attached)} files, the product has {len(now)} or others"

    def _place(self, request: PackageRequest) -> PackagePlace:
        return PackagePlace(self._objects, self._bucket, request)

    def _source(self, request: PackageRequest) -> PackageSource:
        root_key = self._directory.facts(request.account).account.root_key
        return PackageSource(self._product, self._inventory, self._files_bucket, self._place(request), root_key)

    def _about(self) -> dict[str, dict[str, str]]:
        tables = {data_set.name: data_set.about for data_set in self._inventory.data_sets}
        return tables | {FILES + file_set.name: file_set.about for file_set in self._inventory.file_sets}

    def _data_set(self, name: str) -> DataSet:
        try:
            return self._inventory.data_set(name)
        except KeyError:
            raise _unknown(name) from None

    def _file_set(self, name: str) -> FileSet:
        for file_set in self._inventory.file_sets:
            if FILES + file_set.name == name:
                return file_set
        raise _unknown(name)


def _unknown(name: str) -> Rejected:
    return Rejected(
        "inventory", f"the plan promises {name}, the inventory doesn't know it", "give it back to the inventory"
    )
