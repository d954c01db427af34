"""What is personal in Farewell's own database is ciphertext there, on SQLite and on PostgreSQL. Source: DOMAIN erasure.6.

The other suites of this folder run over sealed tables, too.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import JSON, Engine, String, inspect, text
from sqlalchemy import select as core_select
from sqlmodel import SQLModel, col

from connectors.errors import Gone, Rejected
from connectors.keys import FolderKeyStore
from connectors.store.cases import SqlCaseStore
from connectors.store.directory import SqlDirectory
from connectors.store.engine import migrate, open_engine
from connectors.store.outbox import SqlOutbox
from connectors.store.sealer import Sealer, rehearsing
from connectors.store.sessions import reading, writing
from models.keys import KeyScope
from models.tables.accounts import AccountRow, ContactRow
from models.tables.cases import DocumentRow, HoldRow, PlanRow
from models.tables.catalogue import all_tables
from models.tables.personal import OfCustomer
from tests.contract.sample_access import add_access
from tests.contract.sample_account import AT, DORA, add_account, draft_for, new_id
from tests.contract.sample_money import add_money

SECRET = "Eva"  # one word, as an id is
# Ids, digests, codes and words of ours: nobody writes freely there.
PLAIN = {
    "account": "id country timezone currency language jurisdiction manager yearly_value product_root_key billing_id",
    "account_state": "account state changed_by",
    "balance": "account currency credit",
    "blocking_fact": "id account code",
    "case": "id account mode stage manager workflow_id reason language channel",
    "charge_order": "id account kind",
    "contact": "id account kind language channel timezone",
    "contract": "id account notice_ends part_of early_termination state ended_by signatories",
    "counter_document": "id account kind currency amount tax tax_rate invoice payment status made_by",
    "credential": "id account kind owner gated_by was_gated_by planted_by token_sha256",
    "decision": "key case action actor details",
    "document": "key case kind",
    "follow_up_contact": "case account language channel timezone country signed_by",
    "group": "id account",
    "hold": "id account data_sets placed_by confirmed_by release_asked_by released_by",
    "invoice": "id account number kind currency total made_by",
    "invoice_line": "invoice account kind net tax tax_rate",
    "ledger": "case actor action stage subject outcome input_hmac output_hmac prev_sha256 entry_sha256 workflow run"
    " activity",
    "membership": "group user taken_by was_taken_by",
    "message": "message_id case account kind channel language sender state why code heard",
    "note": "key account",
    "offer": "id case account kind reason terms citation answer kept_by",  # terms: figures, days, a plan's name
    "payment": "id account invoice currency amount",
    "person": "id name email roles",
    "plan": "case hash",
    "policy": "sha256 version policy",
    "returned": "case account",
    "scim_mark": "key account user group",
    "shared_asset": "id account kind owner successor handed_by was_handed_by",
    "subscription": "id account contract currency interval price quantity tax_rate discount minimum",
    "suppression": "digest ground",
    # Answers of nobody: no key of an account's could seal them, and what leads to somebody is taken out of comments.
    "survey_answer": "id cohort reason change back comment",
    "survey_form": "digest cohort",
    "usage": "id account currency amount tax tax_rate invoice",
    "user": "id account deactivated_by was_deactivated_by",
}


def test_erasure_6_every_column_that_holds_text_is_sealed_or_named_here(sqlite_engine: Engine) -> None:
    """So that a new column can't be forgotten."""
    all_tables()
    sealed = {kind.__tablename__: set(kind.__personal__) for kind in _kinds()}
    wrong = {}
    for table in inspect(sqlite_engine).get_table_names():
        texts = {
            each["name"]
            for each in inspect(sqlite_engine).get_columns(table)
            if isinstance(each["type"], (String, JSON))
        }
        if forgotten := texts - sealed.get(table, set()) - set(PLAIN.get(table, "").split()):
            wrong[table] = forgotten
    wrong.pop("alembic_version")
    assert wrong == {}


def test_erasure_6_nothing_personal_is_readable_in_the_tables(engine: Engine) -> None:
    account = add_account(engine)
    add_access(engine, account)
    add_money(engine, account)
    SqlOutbox(engine).prepare(draft_for(account))
    for kind in _kinds():
        with engine.connect() as connection:
            rows = connection.execute(core_select(kind)).mappings().all()
        for row in rows:
            for column in kind.__personal__:
                assert _is_sealed(row[column]), f"{kind.__tablename__}.{column}"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.text(max_size=200).filter(lambda words: "\0" not in words), body=st.dictionaries(st.text(), st.text()))
def test_erasure_6_what_is_read_is_what_was_written(sqlite_engine: Engine, words: str, body: dict[str, str]) -> None:
    account, store = new_id(), SqlCaseStore(sqlite_engine)
    with writing(sqlite_engine) as session:
        session.add(_account(account, words))
    with reading(sqlite_engine) as session:
        assert session.get_one(AccountRow, account).name == words
    kept = store.keep_document(f"{account}-1", "note", account, {"note": words, **body}, AT)
    assert store.documents(f"{account}-1", "note") == [kept] == [{"note": words, **body}]


def test_a_change_seals_that_value_alone_again(engine: Engine) -> None:
    account = add_account(engine)
    before = _raw(engine, ContactRow, f"{account}-main")
    with writing(engine) as session:
        session.get_one(ContactRow, f"{account}-main").email = "nueva@faro.example"
    after = _raw(engine, ContactRow, f"{account}-main")
    assert [name for name in before if before[name] != after[name]] == ["email"]
    with reading(engine) as session:
        assert session.get_one(ContactRow, f"{account}-main").email == "nueva@faro.example"


def test_a_row_in_hand_reads_as_it_was_written(engine: Engine) -> None:
    account = add_account(engine)
    with writing(engine) as session:
        row = session.get_one(ContactRow, f"{account}-main", with_for_update=True)
        row.name = "Marta"
        session.flush()
        assert row.name == "Marta"
        session.refresh(row)
        assert row.name == "Marta"
        session.expire(row)
        assert (row.name, row.email) == ("Marta", "main@faro.example")


def test_erasure_6_once_the_key_is_gone_texts_are_empty_and_figures_stay(
    engine: Engine, store_keys: FolderKeyStore
) -> None:
    account = add_account(engine)
    add_access(engine, account)
    store, outbox = SqlCaseStore(engine), SqlOutbox(engine)
    line = {"kind": "charge", "description": "Para Lucía", "amount": "12.00"}
    store.keep_document(f"{account}-1", "statement", account, {"lines": [line], "digest": "sha256:1"}, AT)
    assert "Lucía" not in json.dumps(_raw(engine, DocumentRow, account)["body"], ensure_ascii=False)
    outbox.prepare(draft_for(account))
    outbox.sent(draft_for(account).message_id, AT)
    store_keys.destroy(KeyScope.of_account(account), AT)
    with reading(engine) as session:
        contact = session.get_one(ContactRow, f"{account}-main")
        assert (contact.name, contact.email, contact.language) == ("", None, "es")
    assert SqlDirectory(engine).facts(account).account.name == ""
    assert account in {each.account.id for each in SqlDirectory(engine).accounts()}
    assert store.documents(f"{account}-1", "statement") == [
        {"lines": [{**line, "description": ""}], "digest": "sha256:1"}
    ]
    (message,) = outbox.messages(f"{account}-1")
    assert (message.recipient, message.text, message.attachments) == (None, None, ())


def test_erasure_6_of_json_only_what_is_named_lies_in_clear(engine: Engine) -> None:
    """A kind of document, or a field, that nobody thought of is sealed."""
    account, store = add_account(engine), SqlCaseStore(engine)
    told = {
        "remark": SECRET,
        "tasks": [{"id": "t1", "remark": SECRET}],
        "waiting_for": {"who": "ana", "remark": SECRET},
    }
    for kind in ("statement", "receipts", "new_kind"):
        body = {"lines": [{"amount": "1", "name": SECRET}], "name": SECRET, "remark": [SECRET], "count": 7}
        store.keep_document(f"{account}-1", kind, f"{account}-{kind}", body, AT)
    with writing(engine) as session:
        session.add(PlanRow(case=f"{account}-1", hash="sha256:1", made_at=AT, plan={"hash": "sha256:1", **told}))
    stored = json.dumps([_raw(engine, DocumentRow, f"{account}-{kind}")["body"] for kind in ("statement", "new_kind")])
    with engine.connect() as connection:
        of_plan = core_select(inspect(PlanRow).local_table).where(col(PlanRow.case) == f"{account}-1")
        stored += json.dumps(connection.execute(of_plan).mappings().one()["plan"])
    assert SECRET not in stored
    assert store.documents(f"{account}-1", "new_kind")[0]["remark"] == [SECRET]


def test_erasure_6_what_is_written_of_an_erased_account_is_sealed_by_who_still_needs_it_or_not_kept(
    engine: Engine, store_keys: FolderKeyStore
) -> None:
    account = add_account(engine)
    SqlDirectory(engine).keep_for_follow_ups(f"{account}-1", account)
    store_keys.destroy(KeyScope.of_account(account), AT)
    outbox, store = SqlOutbox(engine), SqlCaseStore(engine)
    assert outbox.prepare(draft_for(account)).text == "Hola"
    assert outbox.reader(f"{account}-1", account).name == "Lucía Gil"
    late = {"charges": [{"description": "Para Lucía", "amount": "1"}]}
    assert store.keep_document(f"{account}-1", "late_charges", account, late, AT) == late
    with writing(engine) as session:
        session.add(ContactRow(id=account, account=account, kind="main", name="Eva", language="es", timezone="UTC"))
    with reading(engine) as session:
        assert session.get_one(ContactRow, account).name == ""
    for scope in (KeyScope.of_follow_ups(f"{account}-1"), KeyScope.of_closing(f"{account}-1")):
        store_keys.destroy(scope, AT)
    assert store.documents(f"{account}-1", "late_charges") == [{"charges": [{"description": "", "amount": "1"}]}]


def test_erasure_3_a_hold_is_readable_while_it_stands_even_on_an_erased_account(
    engine: Engine, store_keys: FolderKeyStore
) -> None:
    account, store = add_account(engine), SqlCaseStore(engine)
    store.place_hold(account, DORA, "court of Vigo, 12/2026", [], AT)
    assert _is_sealed(_raw(engine, HoldRow, f"{account}-hold-1")["ground"])
    assert store.place_hold(account, DORA, "court of Vigo, 12/2026", [], AT) == f"{account}-hold-1"
    store_keys.destroy(KeyScope.of_account(account), AT)
    store.place_hold(account, DORA, "tax audit", ["invoice"], AT)
    assert [hold["ground"] for hold in store.holds(account)] == ["", "tax audit"]


def test_a_sealed_value_opens_nowhere_else(engine: Engine) -> None:
    account = add_account(engine)
    with engine.begin() as connection:
        move = text("UPDATE contact SET email = name WHERE id = :id")
        connection.execute(move, {"id": f"{account}-main"})
    with reading(engine) as session, pytest.raises(Rejected, match=r"contact\.email isn't what was sealed"):
        session.get(ContactRow, f"{account}-main")
    with engine.begin() as connection:
        connection.execute(text("UPDATE contact SET email = NULL WHERE id = :id"), {"id": f"{account}-main"})


def test_a_rotated_key_seals_from_now_on_and_the_old_one_opens(engine: Engine, store_keys: FolderKeyStore) -> None:
    account = add_account(engine)
    newest = store_keys.rotate(KeyScope.of_account(account)).id
    with writing(engine) as session:
        session.get_one(ContactRow, f"{account}-main").email = "nueva@faro.example"
    raw = _raw(engine, ContactRow, f"{account}-main")
    assert (raw["name"].split(":")[1], raw["email"].split(":")[1]) == (f"account/{account}/1", newest)
    with reading(engine) as session:
        assert session.get_one(ContactRow, f"{account}-main").name == "Lucía Gil"


def test_a_rehearsal_makes_no_key_and_reads_all(engine: Engine, store_keys: FolderKeyStore) -> None:
    account, new = add_account(engine), new_id()
    before = store_keys.keys()
    with reading(rehearsing(engine)) as session:
        assert session.get_one(ContactRow, f"{account}-main").name == "Lucía Gil"
        session.add(_account(new, "Nueva"))
        session.flush()
        session.expire_all()
        assert session.get_one(AccountRow, new).name == "Nueva"
        session.rollback()
    assert store_keys.keys() == before


def test_without_keys_values_are_written_as_they_are(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/farewell.db")
    migrate(engine)
    account = add_account(engine)
    assert _raw(engine, ContactRow, f"{account}-main")["name"] == "Lucía Gil"
    engine.dispose()


def test_erasure_6_the_file_holds_nothing_of_what_was_deleted(tmp_path: Path) -> None:
    """Not even without sealing: pages are overwritten."""
    engine = open_engine(f"sqlite:///{tmp_path}/farewell.db")
    migrate(engine)
    account = add_account(engine)
    SqlDirectory(engine).erase(account, "contacts")
    with engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    assert "Lucía Gil".encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_the_form_at_rest_tells_its_key_and_nothing_else(value: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    keys = _KEYS.setdefault("keys", FolderKeyStore(tmp_path_factory.mktemp("keys"), "A" * 43 + "="))
    scope = KeyScope.of_account("acme")
    sealed = Sealer(keys).seal([scope], "note.text", value)
    assert sealed is not None
    assert sealed.startswith("fw1:account/acme/1:")
    assert Sealer(keys).open(sealed, "note.text") == (value, True)


def test_a_scope_without_a_key_seals_nothing(tmp_path: Path) -> None:
    keys, scope = FolderKeyStore(tmp_path, "A" * 43 + "="), KeyScope.of_account("acme")
    keys.destroy(scope, AT)
    assert Sealer(keys).seal([scope], "note.text", "word") is None
    with pytest.raises(Gone):
        keys.sealing(scope)


_KEYS: dict[str, FolderKeyStore] = {}


def _kinds() -> list[type[OfCustomer]]:
    all_tables()
    found = [mapper.class_ for mapper in SQLModel._sa_registry.mappers]
    return [kind for kind in found if issubclass(kind, OfCustomer)]


def _is_sealed(stored: Any) -> bool:
    """Or there is nothing to seal; of JSON what is no text may be in clear."""
    if isinstance(stored, dict):
        return stored.keys() != {"sealed", "clear"} or stored["sealed"].startswith("fw1:")
    return not stored or stored.startswith("fw1:")


def _raw(engine: Engine, kind: type[Any], key: str) -> dict[str, Any]:
    with engine.connect() as connection:
        table = inspect(kind).local_table
        (primary,) = table.primary_key
        return dict(connection.execute(core_select(table).where(primary == key)).mappings().one())


def _account(account: str, name: str) -> AccountRow:
    about = {"country": "ES", "timezone": "Europe/Madrid", "currency": "EUR", "language": "es", "jurisdiction": "ES"}
    about |= {"manager": "ana", "customer_since": "2021-05-04", "yearly_value": "1", "product_root_key": "17"}
    return AccountRow.model_validate({"id": account, "name": name, **about})
