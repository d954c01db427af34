"""Evidence and erasure on Farewell's own database, not on fakes."""

import pytest
from sqlmodel import Session

from activities.holdings import Records, Users
from commands.pack_check import check_pack
from commands.story import tell
from connectors.builtin.access import BuiltinAccess
from connectors.builtin.identity import BuiltinIdentity
from connectors.store.cases import SqlCaseStore
from connectors.store.directory import SqlDirectory
from connectors.store.engine import migrate, open_engine
from connectors.store.ledger import SqlLedger
from models.tables.identities import CredentialRow, UserRow
from tests.contract.sample_account import add_account, request_for
from tests.fakes.packs import evidence
from tests.fakes.papers import ACCOUNT, AT, CASE, plan


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('store')}/farewell.db")
    migrate(engine)
    yield engine
    engine.dispose()


def test_a_case_kept_in_sql_is_certified_sealed_sound_and_closed(engine, tmp_path):
    store, ledger = SqlCaseStore(engine), SqlLedger(engine)
    store.open_case(request_for(ACCOUNT), AT)
    store.keep_plan(CASE, plan(), AT)
    closing = evidence(store=store, ledger=ledger)
    report = check_pack(closing.sealed(tmp_path))
    assert (report.findings, report.entries) == ((), 8)
    assert closing.run("seal_pack").entries == 8
    closing.run("close_case")
    case = store.case(ACCOUNT)
    assert (case["stage"], case["ended_at"], case["state"]["plan_hash"]) == ("closed", AT, plan().hash)
    assert "chain of 8 entries verifies" in tell(ledger.entries(CASE))


def test_users_credentials_and_contacts_go_and_are_counted(engine):
    account = add_account(engine)
    with Session(engine) as session:
        session.add(UserRow(id=f"{account}-1", account=account, name="Eva", email="eva@faro.example"))
        session.add(UserRow(id=f"{account}-2", account=account, name="Leo", email="leo@faro.example", active=False))
        session.add(CredentialRow(id=f"{account}-k", account=account, kind="api_key", label="key"))
        session.commit()
    users = Users(BuiltinIdentity(engine), BuiltinAccess(engine), account)
    contacts = Records(SqlDirectory(engine), account, "contacts")
    for holding, before in ((users, 3), (contacts, 2)):
        assert holding.count() == before
        assert sum(holding.erase(lambda: None)) == before
        assert holding.left() == 0
        assert sum(holding.erase(lambda: None)) == 0
