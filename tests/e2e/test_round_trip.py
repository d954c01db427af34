"""The whole way of the data, on schemas that others wrote: discovered, checked, exported, purged, restored, the same.

What lies between is judged by other people's tools: the package by `bagit.py` and `frictionless`.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

import starter
from activities.export import ExportActivities
from commands.export import fetch_package, verify_package
from connectors.product import SqlProduct
from connectors.product_restore import restore
from connectors.product_restore_package import OpenedPackage
from connectors.s3 import S3ObjectStore
from connectors.store.engine import open_engine
from devstack.company.product import build_product
from devstack.postgres import Postgres
from devstack.s3 import EXPORTS, FILES
from devstack.stack import EmbeddedStack
from models.inventory import Inventory
from models.policy import read_policy
from rules.inventory_check import findings
from rules.inventory_draft import draft
from tests.contract import hard_schema
from tests.contract.packages_by_hand import everything
from tests.contract.snapshot_schema import database_of
from tests.e2e.packages import Directory, Export, Told

PROJECT = Path(starter.__file__).parent
NORTHWIND = PROJECT.parent / "shared" / "data" / "northwind.sql"
NORTHWIND_ACCOUNTS = "SELECT customer_id FROM orders GROUP BY customer_id ORDER BY count(*) DESC, customer_id LIMIT 2"


class Case(NamedTuple):
    """A database that is filled, and two of its accounts. `decided` is what a person makes of the draft."""

    engine: Engine
    root: str
    ours: str
    theirs: str
    decided: Callable[[Inventory], Inventory] = lambda drafted: drafted


def northwind(postgres: Postgres, url: str) -> Case:
    if not NORTHWIND.exists():
        pytest.skip(f"{NORTHWIND} isn't there")
    plain = url.replace("postgresql+psycopg:", "postgresql:")
    subprocess.run([postgres.programs / "psql", plain, "-qX", "-v", "ON_ERROR_STOP=1", "-f", NORTHWIND], check=True)
    engine = open_engine(url)
    with engine.connect() as connection:
        ours, theirs = connection.scalars(text(NORTHWIND_ACCOUNTS))
    return Case(engine, "customers", ours, theirs)


def company(_: Postgres | None, url: str) -> Case:
    build_product(url, anchor=date(2026, 11, 2))
    return Case(open_engine(url), "account", "acc_7f3k2m", "acc_3xk9vm")


def hard(_: Postgres | None, url: str) -> Case:
    engine = open_engine(url)
    hard_schema.create(engine)
    known = {each.table: each for each in hard_schema.inventory(engine.dialect.name).data_sets}

    def decided(drafted: Inventory) -> Inventory:
        """What becomes of rows of two accounts, and of a root that others point at, a person decides."""
        sets = (
            each.model_copy(update=known[each.table].model_dump(include={"of_two", "erase", "mask"}))
            for each in drafted.data_sets
        )
        return drafted.model_copy(update={"data_sets": tuple(sets)})

    return Case(engine, "Account", hard_schema.OURS, hard_schema.THEIRS, decided)


CASES = {
    "northwind in postgresql": northwind,
    "company in sqlite": company,
    "company in postgresql": company,
    "hard schema in sqlite": hard,
    "hard schema in postgresql": hard,
}


class Trip(Export):
    """The export of one account of a case, under a name of its own in the bucket."""

    def __init__(self, objects: S3ObjectStore, case: Case, known: Inventory) -> None:
        self.objects, self.account, self.generation = objects, f"a{uuid4().hex[:10]}", 1
        self.told = Told([each.name for each in known.data_sets], {})
        self.activities = ExportActivities(
            objects=objects, product=SqlProduct(case.engine), store=self.told, directory=Directory(case.ours, "en"),
            inventory=known, bucket=EXPORTS, files_bucket=FILES, policy=read_policy(Path("policy.toml")),
        )  # fmt: skip


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    in_a_file = request.param.endswith("sqlite")
    server = None if in_a_file else request.getfixturevalue("postgres")
    url = f"sqlite:///{tmp_path / 'product.db'}" if in_a_file else database_of(server)
    found: Case = CASES[request.param](server, url)
    yield found
    found.engine.dispose()


@pytest.fixture
def objects(stack: EmbeddedStack, monkeypatch: pytest.MonkeyPatch) -> S3ObjectStore:
    for name, value in stack.environment.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    return S3ObjectStore.connect(stack.environment["FAREWELL_S3_ENDPOINT_URL"])


def test_what_was_exported_and_purged_is_restored_to_the_letter(
    case: Case, objects: S3ObjectStore, tmp_path: Path
) -> None:
    product = SqlProduct(case.engine)
    inventory = reviewed(case, product)
    before, theirs = everything(case.engine), counts(product, inventory, case.theirs)
    package = exported(case, inventory, objects, tmp_path / "package")
    held = counts(product, inventory, case.ours)
    assert sum(held.values()) > 10

    purge(product, inventory, case.ours)
    assert everything(case.engine) != before
    assert counts(product, inventory, case.theirs) == theirs

    restored = restore(case.engine, OpenedPackage(package), inventory, finishing=lambda: None)
    assert restored.conflicts == ()
    assert counts(product, inventory, case.ours) == held
    assert everything(case.engine) == before


def reviewed(case: Case, product: SqlProduct) -> Inventory:
    """Discovered, completed as a person would, and checked."""
    schema = product.schema()
    drafted = case.decided(draft(schema, case.root))
    reasons = tuple(each.model_copy(update={"reason": "looked at"}) for each in drafted.outside)
    inventory = drafted.model_copy(update={"outside": reasons})
    assert findings(inventory, schema) == ()
    undecided = [each for each in inventory.data_sets if each.of_two == "block"]
    assert not any(product.of_two_accounts(inventory, each, case.ours) for each in undecided)
    return inventory


def exported(case: Case, inventory: Inventory, objects: S3ObjectStore, folder: Path) -> Path:
    """The package, as the customer has it, and as their tools judge it."""
    fetch_package(objects, Trip(objects, case, inventory).whole().location, folder)
    assert verify_package(str(folder)) == []
    tool("bagit.py", "--validate", ".", cwd=folder)
    tool("frictionless", "validate", "datapackage.json", cwd=folder / "data")
    return folder


def tool(name: str, *arguments: str, cwd: Path) -> None:
    command = [str(Path(sys.executable).with_name(name)), *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


def purge(product: SqlProduct, inventory: Inventory, account: str) -> None:
    for data_set in inventory.data_sets:
        while product.erase(inventory, data_set, account, 1000):
            pass
    assert [each.name for each in inventory.data_sets if product.left(inventory, each, account)] == []


def counts(product: SqlProduct, inventory: Inventory, account: str) -> dict[str, int]:
    return {each.name: product.count(inventory, each, account) for each in inventory.data_sets}
