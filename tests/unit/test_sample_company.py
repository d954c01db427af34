"""The sample company is what the first demo shows: whole, believable and the same every time."""

import sqlite3
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine
from sqlmodel import Session, SQLModel, col, func, select

from connectors.product_schema import schema_facts
from connectors.store.directory import SqlDirectory
from devstack.company.accounts import sample_accounts
from devstack.company.draft import drafts
from devstack.company.files import put_attachments
from devstack.company.money import add_money
from devstack.company.opening import open_product
from devstack.company.people import PEOPLE
from devstack.company.product import build_product
from devstack.company.schema import metadata
from devstack.company.seeding import seed
from models.inventory import DataSet, Inventory, read_inventory
from models.policy import read_policy
from models.tables.accounts import AccountRow, ContactRow, ContractRow
from models.tables.billing import BalanceRow, InvoiceRow, PaymentRow, UsageRow
from models.tables.identities import CredentialRow, SharedAssetRow, UserRow
from models.vocabulary import CredentialClass, PeriodEnd, Role
from rules.inventory_check import findings

SHARED = frozenset({"currency", "country", "plan", "plan_price", "meter", "meter_price", "fault_code"})
ANCHOR = date(2026, 11, 22)
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("company") / "product.db"
    build_product(f"sqlite:///{path}", anchor=ANCHOR)
    return path


@pytest.fixture(scope="module")
def database(product: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(product)
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def store(product: Path) -> Iterator[Engine]:
    engine = create_engine("sqlite://")
    SQLModel.metadata.create_all(engine)
    seed(engine, f"sqlite:///{product}", anchor=ANCHOR)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def inventory() -> Inventory:
    return read_inventory(ROOT / "inventory.toml")


def reaching(inventory: Inventory, data_set: DataSet) -> str:
    sets = {each.table: each for each in inventory.data_sets}
    joins, here = "", data_set
    while here.table != inventory.root:
        (hop,) = here.hops
        on = f'"{hop.child}"."{hop.child_columns[0]}" = "{hop.parent}"."{hop.parent_columns[0]}"'
        joins, here = f'{joins} JOIN "{hop.parent}" ON {on}', sets[hop.parent]
    return f'FROM "{data_set.table}"{joins} WHERE "{inventory.root}".id = ?'


def test_two_builds_are_equal_to_the_byte(product: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.db"
    build_product(f"sqlite:///{again}", anchor=ANCHOR)
    assert sha256(again.read_bytes()).digest() == sha256(product.read_bytes()).digest()


def test_foreign_keys_hold(database: sqlite3.Connection) -> None:
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []


def test_every_row_of_a_table_that_is_not_shared_reaches_exactly_one_account(
    database: sqlite3.Connection, inventory: Inventory
) -> None:
    sizes = dict.fromkeys((account.id for account in sample_accounts()), 0)
    for data_set in inventory.data_sets:
        reached = {root: rows(database, f"SELECT count(*) {reaching(inventory, data_set)}", root) for root in sizes}
        assert sum(reached.values()) == rows(database, f'SELECT count(*) FROM "{data_set.table}"'), data_set.name
        sizes = {root: sizes[root] + reached[root] for root in sizes}
    assert sizes["acc_2hw8te"] == min(sizes.values()) == 12
    assert sizes["acc_q9x4vd"] == max(sizes.values())
    assert 90_000 <= sizes["acc_q9x4vd"] <= 110_000


def rows(database: sqlite3.Connection, query: str, *values: str) -> int:
    return int(database.execute(query, values).fetchone()[0])


def test_the_check_finds_nothing_in_the_sample_inventory(product: Path, inventory: Inventory) -> None:
    engine = open_product(f"sqlite:///{product}")
    with engine.connect() as connection:
        schema = schema_facts(connection)
    engine.dispose()
    assert [str(finding) for finding in findings(inventory, schema)] == []
    assert {outside.table for outside in inventory.outside} == SHARED


def test_inventory_keys_are_the_primary_keys(inventory: Inventory) -> None:
    for data_set in inventory.data_sets:
        assert data_set.key == tuple(column.name for column in metadata.tables[data_set.table].primary_key)


def test_accounts_cover_currencies_languages_and_jurisdictions() -> None:
    accounts = sample_accounts()
    assert len({account.id for account in accounts}) == len({account.domain for account in accounts}) == 25
    assert {account.terms.currency for account in accounts} == {"EUR", "USD", "JPY", "KWD"}
    assert {account.place.language for account in accounts} == {"es", "en"}
    assert {account.place.country for account in accounts} >= {"ES", "DE", "FR", "MX", "US", "JP", "KW", "GB", "AR"}
    assert all(account.domain.endswith(".example") for account in accounts)


def test_people_have_the_roles_that_an_exit_needs() -> None:
    roles = {person.id: person.role for person in PEOPLE}
    assert roles["ana"] is Role.ACCOUNT_MANAGER
    assert roles["bruno"] is roles["carla"] is Role.APPROVER
    assert roles["dora"] is roles["felipe"] is Role.COMPLIANCE
    assert roles["eva"] is Role.ENGINEER


def test_nothing_happened_after_the_customers_today(database: sqlite3.Connection) -> None:
    for table, column in (("usage_event", "occurred_at"), ("invoice", "issued_at"), ("payment", "paid_at")):
        latest = database.execute(f"SELECT max(datetime({column})) FROM {table}").fetchone()[0]
        assert latest < ANCHOR.isoformat(), table


def test_decimals_keep_their_digits_and_instants_their_offsets(database: sqlite3.Connection) -> None:
    totals = dict(database.execute("SELECT currency, total FROM invoice WHERE kind = 'subscription'").fetchall())
    digits = {currency: len(total.partition(".")[2]) for currency, total in totals.items()}
    assert digits == {"EUR": 2, "USD": 2, "JPY": 0, "KWD": 3}
    query = "SELECT opened_at FROM work_order JOIN site ON site.id = site_id WHERE site.country = 'KW' LIMIT 1"
    assert database.execute(query).fetchone()[0].endswith("+03:00")


def test_built_in_tables_agree_with_the_product(store: Engine, database: sqlite3.Connection) -> None:
    with Session(store) as session:
        assert session.exec(select(func.count(col(AccountRow.id)))).one() == 25
        assert session.exec(select(func.count(col(UserRow.id)))).one() == rows(
            database, "SELECT count(*) FROM app_user"
        )
        totals = {invoice.id: invoice.total for invoice in session.exec(select(InvoiceRow))}
        kinds = set(session.exec(select(CredentialRow.kind).distinct()))
    assert totals == {key: Decimal(total) for key, total in database.execute("SELECT id, total FROM invoice")}
    assert kinds == set(CredentialClass)


def test_every_account_has_one_export_contact_two_contacts_and_a_signatory(store: Engine) -> None:
    with Session(store) as session:
        for account in session.exec(select(AccountRow)).all():
            users = session.exec(select(UserRow).where(UserRow.account == account.id)).all()
            assert [user.active for user in users if user.export_contact] == [True]
            contacts = session.exec(select(ContactRow).where(ContactRow.account == account.id)).all()
            assert {contact.kind for contact in contacts} == {"main", "billing"}
            contracts = session.exec(select(ContractRow).where(ContractRow.account == account.id)).all()
            assert contracts
            assert all({contact.id for contact in contacts} >= set(each.signatories) != set() for each in contracts)


def test_instructive_agreements_are_there(store: Engine) -> None:
    facts = {each.account.id: each for each in SqlDirectory(store).accounts()}
    (quarterly,) = facts["acc_m5r1zc"].contracts
    assert (quarterly.notice_months, quarterly.notice_ends) == (3, PeriodEnd.QUARTER)
    (by_term,) = facts["acc_3xk9vm"].contracts
    assert (by_term.notice_ends, by_term.renews, by_term.early_termination) == (PeriodEnd.TERM, True, Decimal("0.5"))
    addon, main = facts["acc_y1g9rn"].contracts
    assert addon.part_of == main.id
    assert addon.term_ends_on != main.term_ends_on
    (head,), (affiliate,) = facts["acc_k4s8fb"].contracts, facts["acc_b0n6ys"].contracts
    assert (head.members, affiliate.part_of) == (("acc_b0n6ys",), head.id)
    assert (affiliate.notice_days, affiliate.term_ends_on) == (head.notice_days, head.term_ends_on)


def test_money_cases_are_there(store: Engine) -> None:
    thresholds = read_policy(ROOT / "policy.toml").write_off[0].thresholds
    with Session(store) as session:
        owed = {key: total for key, total in debts(session).items() if total}
        assert owed.keys() == {"acc_h9f6tn", "acc_w6d2pa", "acc_p7a3wj"}
        assert owed["acc_h9f6tn"] > thresholds["USD"]
        assert 0 < owed["acc_w6d2pa"] < 10 < thresholds["EUR"]
        assert owed["acc_p7a3wj"] == Decimal("7.50")
        assert [balance.account for balance in session.exec(select(BalanceRow))] == ["acc_5cu1ih"]
        prepaid = select(InvoiceRow).where(InvoiceRow.account == "acc_7f3k2m")
        running = max(session.exec(prepaid), key=lambda invoice: invoice.service_end or invoice.issued_at)
        assert running.service_end is not None
        assert (running.service_end.date() - ANCHOR).days > 200
        assert session.exec(select(UsageRow).where(UsageRow.account == "acc_7f3k2m")).one().amount > 0


def debts(session: Session) -> dict[str, Decimal]:
    owed: dict[str, Decimal] = {}
    for invoice in session.exec(select(InvoiceRow)):
        owed[invoice.account] = owed.get(invoice.account, Decimal()) + invoice.total
    for payment in session.exec(select(PaymentRow)):
        owed[payment.account] -= payment.amount
    return owed


class Bucket:
    """Takes what `put_object` is given."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> None:  # noqa: N803
        self.objects[Key] = Body


def test_attachments_are_what_the_database_says(product: Path, database: sqlite3.Connection) -> None:
    bucket = Bucket()
    count = put_attachments(bucket, "files", f"sqlite:///{product}")  # type: ignore[arg-type]  # a stand-in
    told = database.execute("SELECT bucket_key, size_bytes, sha256 FROM attachment").fetchall()
    assert count == len(told) == len(bucket.objects)
    for key, size, digest in told:
        assert (len(bucket.objects[key]), sha256(bucket.objects[key]).hexdigest()) == (size, digest)
    owners = {key.split("/")[1] for key in bucket.objects}
    assert {"acc_2hw8te", "acc_q9x4vd", "acc_7f3k2m"} <= owners


@pytest.mark.parametrize("anchor", [date(2028, 2, 29), date(2027, 1, 1), date(2027, 3, 31)])
def test_any_day_will_do(anchor: date) -> None:
    for draft in drafts(sample_accounts(), anchor, 7):
        add_money(draft)
        assert max(invoice["issued_at"] for invoice in draft.rows["invoice"]).date() < anchor
        assert draft.rows["invoice"]


def test_identity_4_shared_assets_of_the_sample_have_a_successor_who_stays(store: Engine) -> None:
    with Session(store) as session:
        assets = session.exec(select(SharedAssetRow)).all()
        owners = {asset.id: session.get_one(UserRow, asset.successor) for asset in assets}
    assert len(assets) > 1
    for asset in assets:
        successor = owners[asset.id]
        assert successor.export_contact
        assert successor.account == asset.account
        assert asset.owner != successor.id
