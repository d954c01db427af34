"""The port Outbox, on SQLite and on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from connectors.errors import NotFound
from connectors.ports.own import Outbox
from connectors.store.directory import SqlDirectory
from connectors.store.outbox import SqlOutbox
from models.vocabulary import MailKind
from tests.contract.sample_account import AT, add_account, draft_for


@pytest.fixture
def outbox(engine: Engine) -> Outbox:
    return SqlOutbox(engine)


@pytest.fixture
def account(engine: Engine) -> str:
    return add_account(engine)


def test_two_attempts_prepare_one_message(outbox: Outbox, account: str) -> None:
    draft = draft_for(account)
    drafts = [draft.model_copy(update={"text": str(number)}) for number in range(8)]
    with ThreadPoolExecutor(8) as threads:
        kept = list(threads.map(outbox.prepare, drafts))
    assert {one.text for one in kept} == {kept[0].text}
    assert kept[0].state == "sending"
    assert outbox.messages(draft.case) == []


def test_the_first_sending_counts(outbox: Outbox, account: str) -> None:
    draft = draft_for(account)
    outbox.prepare(draft)
    outbox.sent(draft.message_id, AT)
    outbox.sent(draft.message_id, AT + timedelta(days=1))
    outbox.skipped(draft.message_id, "too late")
    [kept] = outbox.messages(draft.case)
    assert (kept.state, kept.sent_at, kept.why, kept.text) == ("sent", AT, "", "Hola")
    assert kept.attachments == draft.attachments
    assert outbox.prepare(draft) == kept


def test_messages_come_in_the_order_in_which_they_left(outbox: Outbox, account: str) -> None:
    kinds = [MailKind.THANKS, MailKind.GOODBYE, MailKind.PLAN]
    for days, kind in enumerate(kinds):
        outbox.prepare(draft_for(account, kind))
        outbox.sent(draft_for(account, kind).message_id, AT + timedelta(days=days))
    skipped = draft_for(account, MailKind.COME_BACK)
    outbox.prepare(skipped)
    outbox.skipped(skipped.message_id, "the contact said no")
    messages = outbox.messages(skipped.case)
    assert [one.kind for one in messages] == [*kinds, MailKind.COME_BACK]
    assert (messages[-1].state, messages[-1].why) == ("skipped", "the contact said no")


def test_a_message_of_an_erased_account_drops_its_content_as_it_leaves(
    outbox: Outbox, account: str, engine: Engine
) -> None:
    directory = SqlDirectory(engine)
    directory.erase(account, "contacts")
    for kind in (MailKind.CERTIFICATE, MailKind.THANKS):
        assert outbox.prepare(draft_for(account, kind)).text == "Hola"
    outbox.sent(draft_for(account, MailKind.CERTIFICATE).message_id, AT)
    outbox.skipped(draft_for(account, MailKind.THANKS).message_id, "no answer")
    assert directory.count(account, "messages") == 0


def test_an_unknown_message_is_not_found(outbox: Outbox) -> None:
    with pytest.raises(NotFound):
        outbox.sent("<nobody@ours.example>", AT)
    with pytest.raises(NotFound):
        outbox.skipped("<nobody@ours.example>", "why")
