"""The port Directory, on SQLite and on PostgreSQL."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine

from connectors.errors import NotFound
from connectors.ports.own import Directory
from connectors.store.directory import SqlDirectory
from connectors.store.outbox import SqlOutbox
from connectors.store.sessions import writing
from models.account import Contract
from models.tables.accounts import AccountRow, ContractRow
from models.vocabulary import Channel, PeriodEnd, Role
from tests.contract.sample_account import AT, add_account, draft_for


@pytest.fixture
def directory(engine: Engine) -> Directory:
    return SqlDirectory(engine)


@pytest.fixture
def account(engine: Engine) -> str:
    return add_account(engine)


def test_the_facts_hold_all_that_a_plan_needs(directory: Directory, account: str) -> None:
    facts = directory.facts(account)
    assert (facts.account.id, facts.account.root_key, facts.account.name) == (account, "17", "Faro Studio")
    assert [contact.kind for contact in facts.contacts] == ["billing", "main"]
    assert [contract.signatories for contract in facts.contracts] == [("x",)]
    assert facts in directory.accounts()


def agree(engine: Engine, account: str, part: str, **terms: Any) -> str:
    contract, since = f"{account}-{part}", date(2021, 5, 4)
    with writing(engine) as session:
        session.add(ContractRow(id=contract, account=account, title=part, started_on=since, **terms))
    return contract


def contracts(directory: Directory, account: str) -> dict[str, Contract]:
    return {contract.title: contract for contract in directory.facts(account).contracts}


def test_a_contract_keeps_its_notice_its_term_and_what_leaving_costs(
    directory: Directory, account: str, engine: Engine
) -> None:
    notice: dict[str, Any] = {"notice_months": 3, "notice_ends": "quarter", "early_termination": Decimal("0.125")}
    agree(engine, account, "own", **notice, term_ends_on=date(2027, 3, 1), renewal_months=24)
    own = contracts(directory, account)["own"]
    assert (own.notice_months, own.notice_ends, own.early_termination) == (3, PeriodEnd.QUARTER, Decimal("0.125"))
    assert (own.term_ends_on, own.renewal_months, own.members) == (date(2027, 3, 1), 24, ())


def test_an_affiliate_takes_from_its_groups_contract_what_its_own_does_not_say(
    directory: Directory, account: str, engine: Engine
) -> None:
    term: dict[str, Any] = {
        "term_ends_on": date(2027, 6, 30),
        "renewal_months": 24,
        "early_termination": Decimal("0.5"),
    }
    head = agree(engine, account, "group", notice_days=90, notice_ends="term", **term)
    silent, own = add_account(engine), add_account(engine)
    agree(engine, silent, "joined", part_of=head)
    agree(engine, own, "joined", part_of=head, notice_days=10, early_termination=Decimal(0))
    taken, said = contracts(directory, silent)["joined"], contracts(directory, own)["joined"]
    assert (taken.notice_days, taken.notice_ends, taken.early_termination) == (90, PeriodEnd.TERM, Decimal("0.5"))
    assert (taken.term_ends_on, taken.renewal_months) == (date(2027, 6, 30), 24)
    assert (said.notice_days, said.notice_ends, said.early_termination) == (10, PeriodEnd.ANY_DAY, Decimal(0))
    assert said.term_ends_on == date(2027, 6, 30)
    assert contracts(directory, account)["group"].members == tuple(sorted((silent, own)))
    assert directory.facts(silent) in directory.accounts()
    assert directory.facts(account) in directory.accounts()


def test_who_has_left_a_group_is_no_member_and_an_add_on_is_none(
    directory: Directory, account: str, engine: Engine
) -> None:
    head = agree(engine, account, "group", notice_days=90)
    agree(engine, account, "addon", part_of=head)
    agree(engine, add_account(engine), "left", part_of=head, state="ended")
    found = contracts(directory, account)
    assert found["group"].members == ()
    assert (found["addon"].part_of, found["addon"].notice_days) == (head, None)


def test_who_is_not_there_is_not_found(directory: Directory, account: str) -> None:
    with pytest.raises(NotFound, match="nobody"):
        directory.facts("nobody")
    with pytest.raises(NotFound, match="nobody"):
        directory.person("nobody")
    with pytest.raises(NotFound, match="nobody"):
        directory.keep_for_follow_ups("nobody-1", "nobody")


def test_a_person_of_ours_has_roles(directory: Directory, account: str) -> None:
    assert directory.person("ana").roles == {Role.ACCOUNT_MANAGER}


def test_a_preference_changes_whom_we_write_to_and_how(directory: Directory, account: str, engine: Engine) -> None:
    outbox, case = SqlOutbox(engine), f"{account}-1"
    directory.prefer(account, {"channel": "sms", "language": "en"})
    directory.keep_for_follow_ups(case, account)
    directory.prefer(account, {"come_back": True})
    for reader in (outbox.reader(case, account), outbox.reader("other-1", account)):
        assert (reader.channel, reader.language, reader.come_back) == (Channel.SMS, "en", True)
    with pytest.raises(ValueError, match="name"):
        directory.prefer(account, {"name": "Eve"})


def test_messages_2_hours_and_the_quiet_choices_are_the_main_contacts(directory: Directory, account: str) -> None:
    directory.keep_for_follow_ups(f"{account}-1", account)
    directory.prefer(account, {"hours_from": 10, "hours_to": 14, "hear_of_products": True, "would_recommend": True})
    main, billing = sorted(directory.facts(account).contacts, key=lambda each: each.kind, reverse=True)
    assert (main.hours_from, main.hours_to, main.hear_of_products, main.would_recommend) == (10, 14, True, True)
    assert (billing.hours_from, billing.hear_of_products) == (None, False)


def test_the_follow_ups_keep_their_contact_until_they_end(directory: Directory, account: str, engine: Engine) -> None:
    outbox, case = SqlOutbox(engine), f"{account}-1"
    directory.keep_for_follow_ups(case, account)
    assert directory.erase(account, "contacts") == (2, 2)
    directory.keep_for_follow_ups(case, account)
    reader = outbox.reader(case, account)
    assert (reader.name, reader.account_name, reader.signed_by) == ("Lucía Gil", "Faro Studio", "Ana Ruiz")
    directory.forget_follow_ups(case)
    directory.forget_follow_ups(case)
    with pytest.raises(NotFound):
        outbox.reader(case, account)


def test_erasing_contacts_takes_the_accounts_name_too(directory: Directory, account: str) -> None:
    assert directory.count(account, "contacts") == 2
    assert directory.erase(account, "contacts") == (2, 2)
    assert directory.erase(account, "contacts") == (0, 0)
    assert directory.count(account, "contacts") == 0
    assert directory.facts(account).account.name == ""


def test_erasing_messages_leaves_that_they_were(directory: Directory, account: str, engine: Engine) -> None:
    outbox, draft = SqlOutbox(engine), draft_for(account)
    outbox.prepare(draft)
    outbox.sent(draft.message_id, AT)
    assert directory.erase(account, "messages") == (1, 1)
    assert directory.erase(account, "messages") == (0, 0)
    [kept] = outbox.messages(draft.case)
    assert (kept.recipient, kept.subject, kept.text, kept.html, kept.attachments) == (None, None, None, None, ())
    assert (kept.kind, kept.sent_at) == (draft.kind, AT)


@pytest.mark.parametrize("what", ["users", "everything"])
def test_what_belongs_to_others_is_not_erased_here(directory: Directory, account: str, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        directory.erase(account, what)
    with pytest.raises(ValueError, match=what):
        directory.count(account, what)


def test_accounts_are_found_by_the_customer_that_they_are_at_the_payment_provider(
    engine: Engine, directory: Directory, account: str
) -> None:
    with writing(engine) as session:
        session.get_one(AccountRow, account).billing_id = f"cus_{account}"
    assert directory.billed_as(f"cus_{account}") == [account]
    assert directory.facts(account).account.billing_id == f"cus_{account}"
    assert directory.billed_as("cus_nobody") == []
