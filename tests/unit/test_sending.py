"""By which channel, at which hour, once: one message at a time. DOMAIN messages.2, messages.5, messages.8; ADR 0024."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from connectors.errors import NotFound, Transient, Unanswered, Unavailable
from connectors.smtp import composed
from connectors.store.cases import SqlCaseStore
from connectors.store.directory import SqlDirectory
from connectors.store.engine import migrate, open_engine
from connectors.store.outbox import SqlOutbox
from models.case import CaseRequest
from models.effects import CallRequest, MessageResult
from models.messages import ABANDONED, Kept
from models.vocabulary import Channel, MailKind, Mode
from tests.unit.sample_messaging import (
    ACCOUNT,
    CASE,
    NOW,
    Postman,
    Suppressed,
    asked,
    contact,
    messaging,
    run,
    send,
    settle_in,
)
from tests.unit.sample_plan import keep_plan

PHONE = "+34 600 11 22 33"
NIGHT = datetime(2026, 11, 6, 23, 30, tzinfo=UTC)  # a Friday
MONDAY = datetime(2026, 11, 9, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path}/farewell.db")
    migrate(engine)
    settle_in(engine)
    keep_plan(engine, ACCOUNT)
    yield engine
    engine.dispose()


@pytest.fixture
def postman() -> Postman:
    return Postman()


def kept(engine: Engine, kind: MailKind) -> Kept:
    outbox = SqlOutbox(engine)
    return next(each for each in (*outbox.messages(CASE), *outbox.waiting(CASE)) if each.kind is kind)


# -- hours


def test_messages_5_what_nobody_waits_for_waits_for_monday(engine, postman):
    result = send(engine, postman, MailKind.GOODBYE, at=NIGHT)
    assert (result.state, result.not_before, postman.taken) == ("later", MONDAY, [])
    assert SqlOutbox(engine).waiting(CASE) == [], "nothing is written that may read otherwise by then"
    assert send(engine, postman, MailKind.GOODBYE, at=MONDAY).state == "sent"


@pytest.mark.parametrize("kind", ["acknowledgement", "plan", "notice", "welcome_back", "hold"])
def test_messages_1_what_answers_somebody_s_act_leaves_at_once(engine, postman, kind):
    assert send(engine, postman, MailKind(kind), at=NIGHT).state == "sent"


def test_messages_2_the_hours_that_the_customer_chose_are_kept(engine, postman):
    contact(engine, hours_from=16, hours_to=18)
    assert send(engine, postman, MailKind.GOODBYE).not_before == NOW.replace(hour=16)


def test_a_retry_that_comes_at_night_waits_too_and_says_what_was_written_by_day(engine, postman):
    postman.open = False
    with pytest.raises(Unavailable):
        send(engine, postman, MailKind.GOODBYE)
    postman.open = True
    contact(engine, name="Otra persona")
    assert send(engine, postman, MailKind.GOODBYE, at=NIGHT).not_before == MONDAY
    assert send(engine, postman, MailKind.GOODBYE, at=MONDAY).state == "sent"
    assert "Lucía" in postman.taken[0].text
    assert kept(engine, MailKind.GOODBYE).sent_at == MONDAY


# -- channels


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.WHATSAPP])
def test_messages_2_a_short_text_leads_to_the_pages(engine, postman, channel):
    contact(engine, channel=channel, phone=PHONE)
    result = run(messaging(engine, postman, has_webhook=True).send_message, asked(MailKind.ACKNOWLEDGEMENT))
    (text,) = postman.taken
    assert (result.state, text.channel, text.recipient) == ("sent", channel, "+34600112233")
    assert (text.html, text.attachments) == ("", ())
    assert "https://exit.bancada.example/exit/" in text.text


def test_messages_2_without_a_webhook_it_is_a_mail_and_the_row_says_why(engine, postman):
    contact(engine, channel=Channel.SMS, phone=PHONE)
    result = send(engine, postman, MailKind.PLAN)
    assert (result.state, postman.taken[0].channel) == ("sent", Channel.EMAIL)
    assert "nothing hands sms over" in kept(engine, MailKind.PLAN).why


@pytest.mark.parametrize("reached", [True, False])
def test_messages_2_a_goodbye_by_phone_is_a_script_until_somebody_has_called(engine, postman, reached):
    contact(engine, channel=Channel.PHONE, phone=PHONE)
    for _ in range(2):
        assert send(engine, postman, MailKind.GOODBYE).state == "to_call"
    script = kept(engine, MailKind.GOODBYE)
    assert "Lucía" in (script.text or "")
    note = CallRequest(**asked(MailKind.GOODBYE).model_dump(), reached=reached)
    results = [run(messaging(engine, postman).note_call, note) for _ in range(2)]
    assert results[0] == results[1]
    assert (results[0].state, results[0].code) == (("sent", "") if reached else ("skipped", "not_reached"))
    assert postman.taken == []


def test_a_call_that_nobody_had_to_make_is_not_found(engine, postman):
    with pytest.raises(NotFound):
        run(
            messaging(engine, postman).note_call,
            CallRequest(**asked(MailKind.GOODBYE).model_dump(), reached=True),
        )


# -- who doesn't want it


@pytest.mark.parametrize("kind", ["thanks", "survey_reminder"])
def test_messages_8_marketing_carries_a_one_click_opt_out(engine, postman, kind):
    send(engine, postman, MailKind(kind))
    (mail,) = postman.taken
    assert mail.marketing
    assert mail.unsubscribe.startswith("https://exit.bancada.example/opt-out/")


@pytest.mark.parametrize("held", ["l@m.example", PHONE])
def test_messages_8_who_is_on_the_list_gets_no_marketing_by_any_way_but_what_the_law_requires(engine, postman, held):
    contact(engine, phone=PHONE)
    on_it = messaging(engine, postman, suppression=Suppressed(held))
    result = run(on_it.send_message, asked(MailKind.THANKS))
    assert (result.state, result.code) == ("skipped", "opted_out")
    assert run(on_it.send_message, asked(MailKind.STATEMENT)).state == "sent"


@pytest.mark.parametrize("missing", [{"suppression": None}, {"links": None}])
def test_messages_8_no_marketing_where_nobody_could_opt_out(engine, postman, missing):
    result = run(messaging(engine, postman, **missing).send_message, asked(MailKind.THANKS))
    assert (result.state, result.code) == ("skipped", "no_key")
    assert kept(engine, MailKind.THANKS).text is None


def test_messages_5_a_come_back_without_a_true_offer_is_not_sent(engine, postman):
    contact(engine, come_back=True)
    result = send(engine, postman, MailKind.COME_BACK)
    assert (result.state, result.code) == ("skipped", "no_offer")


def test_messages_5_a_come_back_is_sent_with_the_offer_of_the_policy(engine, postman):
    contact(engine, come_back=True)
    about = {"mode": Mode.STOP, "reason": "price", "requested_by": "ana", "manager": "ana", "language": "es"}
    SqlCaseStore(engine).open_case(CaseRequest(case=CASE, account=ACCOUNT, channel=Channel.EMAIL, **about), NOW)
    assert send(engine, postman, MailKind.COME_BACK).state == "sent"


def test_erasure_7_a_message_tried_after_the_erasure_is_skipped(engine, postman):
    SqlDirectory(engine).erase(ACCOUNT, "contacts")
    result = send(engine, postman, MailKind.STATEMENT)
    assert (result.state, result.code) == ("skipped", "erased")


def test_erasure_7_a_message_whose_words_were_erased_on_the_way_is_skipped(engine, postman):
    postman.open = False
    with pytest.raises(Unavailable):
        send(engine, postman, MailKind.GOODBYE)
    SqlDirectory(engine).erase(ACCOUNT, "messages")
    postman.open = True
    result = send(engine, postman, MailKind.GOODBYE)
    assert (result.state, result.code, postman.taken) == ("skipped", "erased", [])


# -- once


def unsure(engine: Engine, postman: Postman, kind: MailKind) -> None:
    """It was handed over, and nobody knows whether it arrived."""
    postman.says = Unanswered("SMTP", "the mail server did not say whether it took the message")
    with pytest.raises(Unanswered):
        send(engine, postman, kind)
    postman.says = None
    with pytest.raises(Transient):
        send(engine, postman, kind, at=NOW + ABANDONED - SECOND)


def test_messages_1_what_the_law_requires_is_repeated_with_equal_bytes(engine, postman):
    unsure(engine, postman, MailKind.PLAN)
    assert send(engine, postman, MailKind.PLAN, at=NOW + ABANDONED).state == "sent"
    first, second = (bytes(composed(mail)) for mail in postman.taken)
    assert first == second
    assert kept(engine, MailKind.PLAN).sent_at == NOW


def test_messages_5_nobody_is_thanked_twice(engine, postman):
    unsure(engine, postman, MailKind.THANKS)
    result = send(engine, postman, MailKind.THANKS, at=NOW + ABANDONED)
    assert (result.state, len(postman.taken)) == ("sent", 1)
    assert "may have arrived" in kept(engine, MailKind.THANKS).why


def test_a_text_is_repeated_for_its_receiver_knows_it_again(engine, postman):
    contact(engine, channel=Channel.SMS, phone=PHONE)
    sending = messaging(engine, postman, has_webhook=True).send_message
    postman.says = Unanswered("messages", "no answer")
    with pytest.raises(Unanswered):
        run(sending, asked(MailKind.THANKS))
    postman.says = None
    assert run(sending, asked(MailKind.THANKS), NOW + ABANDONED).state == "sent"
    first, second = ((text.message_id, text.text) for text in postman.taken)
    assert first == second


def test_a_repeat_that_surely_failed_is_still_a_repeat(engine, postman):
    unsure(engine, postman, MailKind.PLAN)
    postman.open = False
    with pytest.raises(Unavailable):
        send(engine, postman, MailKind.PLAN, at=NOW + ABANDONED)
    postman.open = True
    assert send(engine, postman, MailKind.PLAN, at=NOW + 2 * ABANDONED).state == "sent"
    assert {mail.sent_at for mail in postman.taken} == {NOW}


# -- the ledger


@pytest.mark.parametrize(
    ("state", "code", "subject"),
    [
        ("sent", "", "thanks"),
        ("skipped", "opted_out", "thanks:skipped:opted_out"),
        ("later", "", "thanks:later"),
        ("to_call", "", "thanks:to_call"),
    ],
)
def test_messages_5_every_send_and_skip_is_in_the_ledger_with_its_reason(state, code, subject):
    result = MessageResult(message_id="m", state=state, code=code, kind=MailKind.THANKS)
    assert result.ledger_subject == subject
