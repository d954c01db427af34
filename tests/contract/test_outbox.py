"""The port Outbox, on SQLite and on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from connectors.errors import NotFound
from connectors.ports.own import Outbox
from connectors.store.directory import SqlDirectory
from connectors.store.outbox import SqlOutbox
from connectors.store.sessions import reading
from models.messages import ABANDONED
from models.tables.messages import MessageRow
from models.vocabulary import Heard, MailKind
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
    for unknown in (outbox.stayed, outbox.to_call):
        with pytest.raises(NotFound):
            unknown("<nobody@ours.example>")
    with pytest.raises(NotFound):
        outbox.leaving("<nobody@ours.example>", AT)


def prepared(outbox: Outbox, account: str, kind: MailKind = MailKind.NOTICE) -> str:
    return outbox.prepare(draft_for(account, kind)).message_id


def test_of_eight_attempts_one_finds_it_there_to_be_sent(outbox: Outbox, account: str) -> None:
    message = prepared(outbox, account)
    with ThreadPoolExecutor(8) as threads:
        before = list(threads.map(lambda _: outbox.leaving(message, AT), range(8)))
    assert sorted(one.state for one in before) == ["leaving"] * 7 + ["sending"]
    assert {one.leaving_at for one in before if one.state == "leaving"} == {AT}
    assert outbox.messages(f"{account}-1") == []
    assert [one.message_id for one in outbox.waiting(f"{account}-1")] == [message]


def test_of_eight_attempts_one_takes_over_what_another_left_behind(outbox: Outbox, account: str) -> None:
    message = prepared(outbox, account)
    outbox.leaving(message, AT)
    early = outbox.leaving(message, AT + ABANDONED / 2)
    assert (early.state, early.leaving_at) == ("leaving", AT)
    late = AT + ABANDONED
    with ThreadPoolExecutor(8) as threads:
        before = list(threads.map(lambda _: outbox.leaving(message, late), range(8)))
    assert sorted(one.leaving_at == AT for one in before) == [False] * 7 + [True]
    assert {one.sent_at for one in before} == {AT}  # a repeat bears the date of the first


def test_what_surely_stayed_is_to_be_sent_as_if_nobody_had_tried(outbox: Outbox, account: str) -> None:
    message = prepared(outbox, account)
    outbox.leaving(message, AT)
    outbox.stayed(message)
    again = outbox.leaving(message, AT + timedelta(days=1))
    assert (again.state, again.leaving_at, again.sent_at) == ("sending", None, None)
    outbox.sent(message, AT + timedelta(days=1))
    outbox.stayed(message)
    assert [one.state for one in outbox.messages(f"{account}-1")] == ["sent"]


def test_what_may_have_left_is_never_said_to_be_skipped(outbox: Outbox, account: str) -> None:
    message = prepared(outbox, account)
    outbox.leaving(message, AT)
    outbox.skipped(message, "asked for none", "asked_for_none")
    assert outbox.messages(f"{account}-1") == []
    outbox.sent(message, AT, "it may have arrived")
    (kept,) = outbox.messages(f"{account}-1")
    assert (kept.state, kept.sent_at, kept.why, kept.code) == ("sent", AT, "it may have arrived", "")


def test_what_is_skipped_keeps_its_reason_and_nothing_of_what_it_said(outbox: Outbox, account: str) -> None:
    message = prepared(outbox, account)
    outbox.skipped(message, "no address", "no_address")
    (kept,) = outbox.messages(f"{account}-1")
    assert (kept.state, kept.code, kept.text, kept.recipient) == ("skipped", "no_address", None, None)


def test_messages_2_what_is_said_on_the_phone_waits_for_a_person(outbox: Outbox, account: str) -> None:
    message = prepared(outbox, account, MailKind.GOODBYE)
    outbox.to_call(message)
    assert [(one.state, one.text) for one in outbox.waiting(f"{account}-1")] == [("to_call", "Hola")]
    assert outbox.leaving(message, AT).state == "to_call"
    outbox.sent(message, AT)
    outbox.to_call(message)
    assert [one.state for one in outbox.messages(f"{account}-1")] == ["sent"]


@pytest.mark.parametrize(
    ("words", "stays"),
    [
        ((Heard.DELAY, Heard.BOUNCE), Heard.BOUNCE),
        ((Heard.COMPLAINT, Heard.BOUNCE, Heard.REPLY), Heard.COMPLAINT),
        ((Heard.AUTO_REPLY, Heard.REPLY, Heard.AUTO_REPLY), Heard.REPLY),
    ],
)
def test_of_what_comes_back_the_gravest_word_stays(
    outbox: Outbox, account: str, engine: Engine, words: tuple[Heard, ...], stays: Heard
) -> None:
    message = prepared(outbox, account)
    outbox.sent(message, AT)
    for number, word in enumerate(words):
        heard = outbox.heard(message, word, AT + timedelta(days=number))
        assert heard is not None
    assert (heard.message_id, heard.heard) == (message, stays)
    with reading(engine) as session:
        assert session.get_one(MessageRow, message).heard_at == AT + timedelta(days=words.index(stays))


def test_what_comes_back_of_no_message_of_ours_is_nothing(outbox: Outbox) -> None:
    assert outbox.heard("<nobody@ours.example>", Heard.BOUNCE, AT) is None
    assert outbox.message("<nobody@ours.example>") is None


def test_erasure_7_an_opt_out_link_goes_with_what_the_message_said(
    outbox: Outbox, account: str, engine: Engine
) -> None:
    draft = draft_for(account, MailKind.THANKS).model_copy(update={"unsubscribe": "https://f.example/opt-out/x"})
    outbox.prepare(draft)
    outbox.sent(draft.message_id, AT)
    assert SqlDirectory(engine).erase(account, "messages") == (1, 1)
    kept = outbox.message(draft.message_id)
    assert kept is not None
    assert (kept.state, kept.unsubscribe, kept.text) == ("sent", None, None)
