"""From a database that nobody described to an inventory that the check finds nothing in."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, make_url

import starter
from connectors.store.engine import open_engine
from devstack.company.schema import metadata
from devstack.postgres import Postgres
from models.inventory import read_inventory

PROJECT = Path(starter.__file__).parent
NORTHWIND = PROJECT.parent / "shared" / "data" / "northwind.sql"


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings but where the log goes: both commands can do without."""
    for name in [name for name in os.environ if name.startswith("FAREWELL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FAREWELL_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/product.db"
    return new_database(request.getfixturevalue("postgres"))


@pytest.fixture
def sample(url: str) -> Iterator[Engine]:
    """The sample product's tables in it."""
    engine = open_engine(url)
    metadata.create_all(engine)
    yield engine
    engine.dispose()


def new_database(server: Postgres) -> str:
    name = f"inventory_{uuid4().hex}"
    alone = open_engine(server.url).execution_options(isolation_level="AUTOCOMMIT")
    with alone.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    alone.dispose()
    return make_url(server.url).set(database=name).render_as_string(hide_password=False)


def farewell(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = int(starter.run(("inventory", *words)))
    out, err = capsys.readouterr()
    assert err.count("\n") <= 1, err
    return code, out, err


def give_reasons(path: Path) -> None:
    path.write_text(path.read_text().replace('reason = ""', 'reason = "for all"'))


def test_discover_then_reasons_then_a_clean_check(
    url: str, sample: Engine, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, _ = farewell(capsys, "discover", "--database", url, "--root", "account")
    assert (code, "26 data sets, 5 shared tables, 2 others" in out) == (0, True)
    code, out, _ = farewell(capsys, "check", "--database", url, "--inventory", "inventory.toml")
    assert (code, out.count("\n"), out.count('; write reason = "…"')) == (6, 7, 7)
    code, out, _ = farewell(capsys, "check", "--database", url, "--inventory", "inventory.toml", "--json")
    assert {each["table"] for each in json.loads(out)} >= {"currency", "plan_price"}
    give_reasons(tmp_path / "inventory.toml")
    code, out, _ = farewell(capsys, "check", "--database", url, "--inventory", "inventory.toml")
    assert (code, out) == (0, "nothing is wrong: 26 data sets, 7 tables outside\n")


def test_the_sample_s_own_inventory_fits_until_the_schema_drifts(
    url: str, sample: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    number = "INTEGER" if url.startswith("sqlite") else "integer"
    check = ("check", "--database", url, "--inventory", str(PROJECT / "inventory.toml"))
    assert farewell(capsys, *check)[0] == 0
    with sample.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE site ADD COLUMN floor INTEGER")
        connection.exec_driver_sql("CREATE TABLE locker (id INTEGER PRIMARY KEY, site TEXT REFERENCES site (id))")
    code, out, _ = farewell(capsys, *check)
    assert code == 6
    locker, site = out.splitlines()
    assert locker.startswith("WRONG  locker: it can reach the root, and has no rule; add [[data_set]]")
    assert locker.endswith('hops = ["locker.site -> site.id"], name = "locker", key = ["id"], columns = ["id", "site"]')
    assert site.startswith(
        'WRONG  site: its column floor (integer) isn\'t declared; add "floor"'.replace("integer", number)
    )


def test_a_file_that_stands_is_kept_unless_forced(
    url: str, sample: Engine, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ("discover", "--database", url, "--root", "account")
    (tmp_path / "inventory.toml").write_text("mine")
    assert farewell(capsys, *words)[0] == 4
    assert (tmp_path / "inventory.toml").read_text() == "mine"
    assert farewell(capsys, *words, "--force")[0] == 0
    assert read_inventory(tmp_path / "inventory.toml").root == "account"
    code, out, _ = farewell(capsys, *words, "--output", "-")
    assert (code, out) == (0, (tmp_path / "inventory.toml").read_text())


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("discover", "--root", "nobody", "--database", "{url}"), 3, "there is no table nobody"),
        (("discover", "--root", "account", "--key", "nothing", "--database", "{url}"), 2, "has no column nothing"),
        (("discover", "--root", "team_member", "--database", "{url}"), 2, "--key COLUMN"),
        (("discover", "--root", "account", "--database", "nonsense"), 2, "--database: this is no database URL"),
        (("discover", "--root", "account", "--database", "postgresql://127.0.0.1:9/x"), 5, "127.0.0.1:9"),
        (("discover", "--root", "account", "--database", "{url}", "--output", "no/where.toml"), 2, "can't be written"),
        (("discover", "--root", "account", "--database", "sqlite:///nowhere.db"), 2, "there is no file nowhere.db"),
        (("discover", "--root", "account"), 2, "--database"),
        (("check", "--database", "{url}", "--inventory", "nowhere.toml"), 2, "nowhere.toml"),
        (("check", "--database", "{url}", "--inventory", str(PROJECT / "policy.toml")), 2, "--inventory"),
    ],
)
def test_each_wrong_word_gets_its_line_and_its_code(
    words: tuple[str, ...], code: int, told: str, *, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/product.db"
    engine = open_engine(url)
    metadata.create_all(engine)
    engine.dispose()
    stopped, _, err = farewell(capsys, *(word.format(url=url) for word in words))
    assert (stopped, told in err) == (code, True), err
    assert not (tmp_path / "nowhere.db").exists()


@pytest.mark.skipif(not NORTHWIND.exists(), reason="the Northwind sample isn't there")
def test_northwind_which_others_wrote(postgres: Postgres, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    url = new_database(postgres)
    subprocess.run([postgres.programs / "psql", url, "-q", "-f", NORTHWIND], check=True, stdout=subprocess.DEVNULL)
    words = ("--database", url)
    assert farewell(capsys, "discover", *words, "--root", "customers", "--key", "customer_id")[0] == 0
    drafted = read_inventory(tmp_path / "inventory.toml")
    order = ["order_details", "orders", "customer_customer_demo", "customers"]
    assert [each.table for each in drafted.data_sets] == order
    assert {each.table for each in drafted.outside if each.duty == "none"} == {
        *("employee_territories", "region", "territories", "us_states")
    }
    give_reasons(tmp_path / "inventory.toml")
    assert farewell(capsys, "check", *words, "--inventory", "inventory.toml")[0] == 0
