"""A small product, its inventory and its plan, on real databases: what the purge and its faults are tried on."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, text
from temporalio.testing import ActivityEnvironment

from activities.erasure import ErasureActivities
from connectors.product import SqlProduct
from connectors.store.cases import SqlCaseStore
from connectors.store.directory import SqlDirectory
from connectors.store.sessions import writing
from models.case import StageRecord
from models.closing import Obstacles, ObstaclesRequest, Watch
from models.effects import PurgeRequest, PurgeResult, RecountRequest, RecountResult
from models.inventory import DataSet, Inventory
from models.ledger import digest
from models.plan import Duties, Plan
from models.tables.accounts import AccountRow
from models.vocabulary import Mode, Stage
from tests.contract.sample_account import AT, add_account, request_for
from tests.fakes.papers import plan as small_plan

OURS, THEIRS = "17", "18"  # `add_account` gives every account the root key 17
UNTIL = datetime(2032, 3, 1, tzinfo=UTC)
KEPT = {"ground": "tax law", "years": 6}
TABLES = (
    "CREATE TABLE shop (id integer PRIMARY KEY, name text)",
    "CREATE TABLE client (id integer PRIMARY KEY, shop_id integer NOT NULL REFERENCES shop (id))",
    "CREATE TABLE note (id integer PRIMARY KEY, client_id integer NOT NULL REFERENCES client (id), body text)",
    "CREATE TABLE invoice (id integer PRIMARY KEY, shop_id integer NOT NULL REFERENCES shop (id))",
    "CREATE TABLE line (id integer PRIMARY KEY, invoice_id integer NOT NULL REFERENCES invoice (id))",
    "CREATE TABLE visit (id integer PRIMARY KEY, shop_id integer NOT NULL REFERENCES shop (id))",
)
INVENTORY = Inventory.model_validate(
    {
        "root": "shop",
        "data_set": [
            {"name": "note", "table": "note", "key": ["id"], "hops": ["note.client_id -> client.id"]},
            {"name": "line", "table": "line", "hops": ["line.invoice_id -> invoice.id"], "erase": "retain", "retain": KEPT},
            {"name": "client", "table": "client", "key": ["id"], "hops": ["client.shop_id -> shop.id"]},
            {"name": "invoice", "table": "invoice", "hops": ["invoice.shop_id -> shop.id"], "erase": "retain", "retain": KEPT},
            {"name": "visit", "table": "visit", "key": ["id"], "hops": ["visit.shop_id -> shop.id"]},
            {"name": "shop", "table": "shop", "key": ["id"], "erase": "mask", "mask": {"name": ""}},
        ],
    }
)  # fmt: skip
May = Callable[[], None]


class Watched(SqlProduct):
    """`during` is called in the middle of each batch: its rows are gone, and its transaction not committed."""

    during: Callable[[DataSet], None] = staticmethod(lambda _data_set: None)

    def erase(self, inventory: Inventory, data_set: DataSet, root_key: str, limit: int, may: May = lambda: None) -> int:
        """As ever."""

        def both() -> None:
            self.during(data_set)
            may()

        return super().erase(inventory, data_set, root_key, limit, both)


class SmallProduct:
    """The account of root key 17, with so many notes, and another one; Farewell's own database beside it."""

    def __init__(self, product: Engine, own: Engine, notes: int = 2500) -> None:
        self.engine, self.account, self._own = product, add_account(own), own
        self.case = f"{self.account}-1"
        self.product, self.store, self._directory = Watched(product), SqlCaseStore(own), SqlDirectory(own)
        self.inventory, self.plan = INVENTORY, _plan()
        self.store.keep_plan(self.case, self.plan, AT)
        self.run(*TABLES)
        for key in (OURS, THEIRS):
            self.run(
                f"INSERT INTO shop VALUES ({key}, 'Faro')",
                f"INSERT INTO client VALUES ({key}, {key})",
                f"INSERT INTO invoice VALUES ({key}, {key})",
                f"INSERT INTO line VALUES ({key}, {key}), (1{key}, {key})",
                f"INSERT INTO visit VALUES ({key}, {key})",
                f"INSERT INTO note WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {notes}) "
                f"SELECT i + 100000 * {key}, {key}, 'x' FROM n",
            )

    def run(self, *statements: str) -> None:
        """In one transaction."""
        with self.engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def count(self, table: str) -> int:
        """All rows, of both accounts."""
        with self.engine.connect() as connection:
            return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())

    def purge(self, name: str) -> PurgeResult:
        """One data set goes."""
        request = PurgeRequest(**self._about, step="purge", subject=name)
        result: PurgeResult = _at(AT).run(self._activities.purge, request)
        return result

    def recount(self) -> RecountResult:
        """All are counted again."""
        result: RecountResult = _at(AT).run(self._activities.recount, RecountRequest(**self._about, step="recount"))
        return result

    def purge_all(self) -> dict[str, PurgeResult]:
        """The whole plan, in its order."""
        return {duty.name: self.purge(duty.name) for duty in self.plan.commitments.data_sets}

    def erase_retained(self, name: str, at: datetime = UNTIL) -> PurgeResult:
        """What was kept until `at` goes."""
        request = PurgeRequest(**self._about, step="erase_retained", subject=name)
        result: PurgeResult = _at(at).run(self._activities.erase_retained, request)
        return result

    def obstacles(self, kind: str | None, subject: str = "-", at: datetime = UNTIL) -> Obstacles:
        """What stands in the way of a watch, or of the key's end."""
        watch = None if kind is None else Watch.model_validate({"kind": kind, "subject": subject, "at": at})
        about = {"case": self.case, "account": self.account, "plan_hash": self.plan.hash}
        met: Obstacles = _at(at).run(self._activities.obstacles, ObstaclesRequest(**about, watch=watch))
        return met

    def leaves(self, *cases: str) -> None:
        """The account's cases, each closed; what we knew of its people is erased."""
        for case in cases:
            self.store.open_case(request_for(self.account), AT)
            about = {"case": case, "account": self.account, "step": "close_case", "mode": Mode.STOP}
            self.store.record(StageRecord(**about, stage=Stage.CLOSED, ended=True), AT)
        self._directory.erase(self.account, "contacts")

    def comes_back(self) -> None:
        """As an import marks it."""
        with writing(self._own) as session:
            session.get_one(AccountRow, self.account).erased_at = None

    @property
    def _about(self) -> dict[str, Any]:
        return {"case": self.case, "account": self.account, "stage": Stage.ERASE, "plan_hash": self.plan.hash}

    @property
    def _activities(self) -> ErasureActivities:
        nothing: Any = None  # no files, users or sub-processors in this plan
        return ErasureActivities(
            product=self.product,
            objects=nothing,
            directory=self._directory,
            identity=nothing,
            access=nothing,
            processors=nothing,
            store=self.store,
            inventory=self.inventory,
            files_bucket=None,
            export_bucket="packages",
        )


def later(days: int) -> datetime:
    """So many days after the retention's end."""
    return UNTIL + timedelta(days=days)


def _plan() -> Plan:
    duties = tuple(
        Duties(
            name=each.name,
            export=True,
            erase=each.erase,
            ground=each.retain.ground if each.retain else None,
            until=UNTIL if each.retain else None,
        )
        for each in INVENTORY.data_sets
    )
    small: Plan = small_plan()  # type: ignore[no-untyped-call]  # the fakes have no types
    commitments = small.commitments.model_copy(update={"data_sets": duties})
    hashed = digest(commitments.model_dump(mode="json"))
    return small.model_copy(update={"commitments": commitments, "hash": hashed})


def _at(at: datetime) -> ActivityEnvironment:
    env = ActivityEnvironment()
    env.info = replace(env.info, scheduled_time=at)
    return env
