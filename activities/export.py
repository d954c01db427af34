"""The export: every planned data set in one package, read back and counted again before anybody relies on it.

Source: DOMAIN stages.2, money.8; CONTRACTS, Export package.
"""

from itertools import islice

from temporalio import activity

from activities.holdings import FILES
from activities.package_bag import commit, is_committed, summary
from activities.package_check import PackageCheck
from activities.package_file_sets import FilesSource
from activities.package_parts import PackageParts
from activities.package_place import PackagePlace
from activities.package_tables import TablesSource
from activities.package_words import Readme
from connectors.errors import Rejected
from connectors.ports.own import CaseStore, Directory
from connectors.ports.product import ProductDatabase
from connectors.ports.storage import ObjectStore
from models.case import Noted, PackageRef
from models.exporting import (
    CommitRequest,
    PackagePlan,
    PackageRequest,
    PackageResult,
    PartRequest,
    PartResult,
    TablesResult,
)
from models.inventory import DataSet, FileSet, Inventory
from models.package import FilesPart, TablePart
from models.policy import Policy
from models.vocabulary import MANIFEST, TRIAL_MANIFEST

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

    @activity.defn(name="export_tables")
    def export_tables(self, request: PackageRequest) -> TablesResult:
        """Streams all data sets and reference sets into the package, all of one instant.

        What an attempt before wrote stays if it's proven to be of this instant, too; an unfinished upload goes on.
        A committed package is left as it is.

        Raises:
            Rejected: a set has other rows than were counted at the same instant.
        """
        place, planned = self._place(request), self._planned(request)
        if is_committed(place):
            tables = PackageParts.of(place, planned).tables
        else:
            source = TablesSource(self._product, self._inventory, place, self._root_key(request))
            named = [self._data_set(name) for name in planned.data_sets]
            tables = source.export([*named, *self._inventory.reference_sets])
        return TablesResult(parts=tuple(map(_table_result, tables.tables)))

    @activity.defn(name="export_files")
    def export_files(self, request: PartRequest) -> PartResult:
        """Copies the file set that `subject` names (`files/…`); a missing file is listed in the package as missing.

        A committed package is left as it is.
        """
        place, file_set = self._place(request), self._file_set(request.subject)
        if is_committed(place):
            return _files_result(place.part(request.subject, FilesPart))
        bucket, root_key = self._files_bucket, self._root_key(request)
        source = FilesSource(self._product, self._inventory, bucket, place, root_key)
        return _files_result(source.export(request.subject, file_set))

    @activity.defn(name="commit_package")
    def commit_package(self, request: CommitRequest) -> Noted:
        """Describes the parts; the tag manifest comes last. A committed package is left as it is.

        Raises:
            Rejected: a planned part was never exported, or not all tables are proven to be of one instant.
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
        """Reads all of it back from the bucket and compares every file, and the rows with the source's own count.

        Keeps the document `manifest` (of a trial: `trial_manifest`): what the package holds.

        Raises:
            Rejected: which file differs, and how. Not retryable: no proof, no erasure.
        """
        place, parts, at = self._place(request), self._parts(request), activity.info().scheduled_time
        check = PackageCheck(place, parts)
        found = list(check.findings())
        if found:
            told = "; ".join(islice(found, _FINDINGS_TOLD))
            more = f"; and {len(found) - _FINDINGS_TOLD} more" if len(found) > _FINDINGS_TOLD else ""
            raise Rejected("export package", f"{told}{more}", "find out who changed it, then export again")
        package = summary(place, parts, check.weighed, request.generation, at)
        kind = TRIAL_MANIFEST if request.is_trial else MANIFEST
        self._store.keep_document(request.case, kind, request.idempotency_key, package, at)
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
        return PackageParts.of(self._place(request), self._planned(request))

    def _place(self, request: PackageRequest) -> PackagePlace:
        return PackagePlace(self._objects, self._bucket, request)

    def _root_key(self, request: PackageRequest) -> str:
        return self._directory.facts(request.account).account.root_key

    def _about(self) -> dict[str, dict[str, str]]:
        all_of_them = (*self._inventory.data_sets, *self._inventory.reference_sets)
        tables = {data_set.name: data_set.about for data_set in all_of_them}
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


def _table_result(part: TablePart) -> PartResult:
    return PartResult(name=part.name, files=1, rows=part.file.rows or 0, size_bytes=part.file.size_bytes)


def _files_result(part: FilesPart) -> PartResult:
    files = [part.index, *part.copies]
    size_bytes = sum(each.size_bytes for each in files)
    return PartResult(name=part.name, files=len(files), rows=0, size_bytes=size_bytes, missing=part.missing)


def _unknown(name: str) -> Rejected:
    return Rejected(
        "inventory", f"the plan promises {name}, the inventory doesn't know it", "give it back to the inventory"
    )
