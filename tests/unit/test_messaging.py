"""One message: written once, delivered once, or not at all. DOMAIN messages.2, messages.5."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine

from activities.follow_ups import FollowUpActivities
from connectors.errors import Unavailable
from connectors.smtp import composed
from connectors.store.cases import SqlCaseStore
from connectors.store.directory import SqlDirectory
from connectors.store.engine import migrate, open_engine
from connectors.store.outbox import SqlOutbox
from models.case import CaseRequest, StageRecord
from models.ledger import digest
from models.money import Document, Settlement, Statement, StatementLine
from models.payload import EffectRequest
from models.vocabulary import Cause, Channel, MailKind, Mode, Stage
from tests.fakes.packs import evidence
from tests.unit.pdf_words import words
from tests.unit.sample_mail import POLICY
from tests.unit.sample_messaging import ACCOUNT, CASE, NOW, Postman, contact, run, send, settle_in
from tests.unit.sample_plan import keep_plan


def flowing(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path}/farewell.db")
    migrate(engine)
    settle_in(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def postman() -> Postman:
    return Postman()


def follow_ups(engine: Engine) -> list[MailKind]:
    request = EffectRequest(case=CASE, account=ACCOUNT, stage=Stage.TERMINATE, step="plan_follow_ups")
    planning = FollowUpActivities(directory=SqlDirectory(engine), store=SqlCaseStore(engine), outbox=SqlOutbox(engine))
    return [touch.kind for touch in run(planning.plan_follow_ups, request).touches]


def end_follow_ups(engine: Engine) -> None:
    request = EffectRequest(case=CASE, account=ACCOUNT, stage=Stage.RETRIEVAL, step="end_follow_ups")
    ending = FollowUpActivities(directory=SqlDirectory(engine), store=SqlCaseStore(engine), outbox=SqlOutbox(engine))
    run(ending.end_follow_ups, request)


def keep(engine: Engine, kind: str, body: dict) -> None:
    SqlCaseStore(engine).keep_document(CASE, kind, f"{kind}:{digest(body)}", body, NOW)


def settled(engine: Engine, kind: str = "statement") -> None:
    lines = (
        StatementLine(kind="payment", description="Paid: Equipo", amount=Decimal(-12), reference="F-1"),
        StatementLine(kind="refund", description="Refund: Equipo", amount=Decimal(12), reference="F-1"),
    )
    refund = Document(kind="refund", currency="EUR", amount=Decimal(12), description="Refund: Equipo", payment_id="p1")
    statement = Statement(currency="EUR", lines=lines, total=Decimal(0))
    settlement = Settlement(statements=(statement,), documents=(refund,))
    keep(engine, kind, {**settlement.model_dump(mode="json"), "digest": "sha256:ab", "at": NOW.isoformat()})


def test_a_second_attempt_sends_nothing_again(engine, postman):
    first, second = (send(engine, postman, MailKind.ACKNOWLEDGEMENT) for _ in range(2))
    assert first == second
    assert (first.message_id, first.state) == (
        f"acc_1-1.acknowledgement.1@{POLICY.sender.address.rpartition('@')[2]}",
        "sent",
    )
    assert [mail.message_id for mail in postman.taken] == [first.message_id]
    assert postman.taken[0].sent_at == NOW
    assert SqlOutbox(engine).messages(CASE)[0].sent_at == NOW


def test_after_an_outage_what_was_written_first_goes_out(engine, postman):
    postman.open = False
    with pytest.raises(Unavailable):
        send(engine, postman, MailKind.ACKNOWLEDGEMENT)
    postman.open = True
    contact(engine, name="Otra persona")
    send(engine, postman, MailKind.ACKNOWLEDGEMENT)
    assert "Hola, Lucía:" in postman.taken[0].text


@pytest.mark.parametrize("kind", ["acknowledgement", "hold", "certificate"])
def test_messages_2_what_the_law_requires_reaches_even_who_wants_no_messages(engine, postman, kind):
    contact(engine, channel=Channel.NONE)
    assert send(engine, postman, MailKind(kind)).state == "sent"


def test_messages_2_nobody_is_charged_again_after_a_pause_without_a_word(engine, postman):
    contact(engine, channel=Channel.NONE)
    keep_plan(engine, ACCOUNT, mode=Mode.PAUSE)
    assert send(engine, postman, MailKind.RESUME_REMINDER).state == "sent"
    assert send(engine, postman, MailKind.PAUSED).state == "skipped"


@pytest.mark.parametrize("kind", ["thanks", "survey_reminder", "welcome_back"])
def test_messages_2_nothing_else_does(engine, postman, kind):
    contact(engine, channel=Channel.NONE)
    result = send(engine, postman, MailKind(kind))
    assert (result.state, postman.taken) == ("skipped", [])
    assert "no messages" in result.why
    assert send(engine, postman, MailKind(kind)) == result


def test_messages_5_a_come_back_goes_only_to_who_said_yes(engine, postman):
    assert send(engine, postman, MailKind.COME_BACK).state == "skipped"


def test_a_language_without_catalogue_is_told_in_the_result(engine, postman):
    contact(engine, language="pt")
    assert "no mails are written in pt" in send(engine, postman, MailKind.ACKNOWLEDGEMENT).why
    assert postman.taken[0].language == "en"


def test_messages_7_the_goodbye_encloses_the_letter_and_shows_the_accounts_as_opened(engine, postman):
    keep_plan(engine, ACCOUNT)
    settled(engine, "statement_draft")
    send(engine, postman, MailKind.GOODBYE)
    (mail,) = postman.taken
    assert [attached.name for attached in mail.attachments] == ["confirmacion-del-fin-del-contrato.pdf"]
    assert "Su solicitud del 16 de noviembre de 2026" in words(mail.attachments[0].content)
    assert "Va adjunta la carta" in flowing(mail.text)
    assert "no hay nada que pagar" in flowing(mail.text)
    assert "12,00 €" in flowing(mail.text)


def test_money_7_the_statement_encloses_its_pdf_and_both_say_what_the_provider_says(engine, postman):
    keep_plan(engine, ACCOUNT)
    settled(engine)
    for status in ("pending", "succeeded"):
        keep(engine, "refunds", {"refunds": [{"refund_id": "r", "currency": "EUR", "amount": "12", "status": status}]})
        send(engine, postman, MailKind.STATEMENT, generation=2 if status == "succeeded" else 1)
    for mail, said in zip(postman.taken, ("Le están llegando 12,00 €", "Le hemos devuelto 12,00 €"), strict=True):
        (paper,) = mail.attachments
        assert (paper.name, paper.media_type) == ("cuentas-finales.pdf", "application/pdf")
        assert said in flowing(mail.text)
        assert said in words(paper.content)


@pytest.mark.parametrize(("charges", "enclosed"), [(1_999, 1), (5_000, 0)])
def test_money_5_a_statement_of_any_length_is_mailed(engine, postman, charges, enclosed):
    keep_plan(engine, ACCOUNT)
    charge = StatementLine(kind="charge", description="2 140 × API", amount=Decimal("0.10"), reference="F-1")
    paid = StatementLine(kind="payment", description="Paid: API", amount=-charges * charge.amount, reference="F-1")
    statement = Statement(currency="EUR", lines=(paid, *[charge] * charges), total=Decimal(0))
    body = Settlement(statements=(statement,), documents=()).model_dump(mode="json")
    keep(engine, "statement", {**body, "digest": "sha256:ab", "at": NOW.isoformat()})
    assert send(engine, postman, MailKind.STATEMENT).state == "sent"
    (mail,) = postman.taken
    assert len(mail.attachments) == enclosed
    assert len(bytes(composed(mail))) < 5_000_000, "some servers take no more than ten"
    assert ("y 3001 más" in mail.text) == ("Pídalas todas en" in mail.text) == (not enclosed)
    assert not enclosed or "Van adjuntas" in mail.text
    assert "300,10" in mail.text or enclosed, "what isn't shown is summed up"


def test_messages_7_the_certificate_encloses_the_signed_one_too_after_the_account_is_erased(engine, postman):
    keep_plan(engine, ACCOUNT)
    directory = SqlDirectory(engine)
    directory.keep_for_follow_ups(CASE, ACCOUNT)
    directory.erase(ACCOUNT, "contacts")
    closing = evidence()
    closing.run("sign_certificate")
    (signed,) = closing.store.documents("acme-1", "certificate")
    keep(engine, "certificate", signed)
    send(engine, postman, MailKind.CERTIFICATE)
    paper, jws = postman.taken[0].attachments
    assert (paper.name, jws.name) == ("certificado-de-borrado.pdf", "certificate.jws")
    assert jws.content.decode() == signed["jws"]
    assert "Montajes Moncayo, S.L." in words(paper.content)
    assert signed["digest"] in words(paper.content)
    assert SqlOutbox(engine).messages(CASE)[0].attachments == ()


def test_messages_5_nobody_is_asked_to_come_back_who_has(engine, postman):
    contact(engine, come_back=True)
    store, about = SqlCaseStore(engine), {"mode": Mode.STOP, "reason": "price", "requested_by": "ana", "manager": "ana"}
    store.open_case(CaseRequest(case="", account=ACCOUNT, language="es", channel=Channel.EMAIL, **about), NOW)
    assert send(engine, postman, MailKind.SURVEY_REMINDER).state == "sent"
    closed = {"case": CASE, "account": ACCOUNT, "stage": Stage.CLOSED, "step": "close_case", "mode": Mode.STOP}
    store.record(StageRecord(**closed, ended=True), NOW)
    said = send(engine, postman, MailKind.COME_BACK)
    assert (said.state, said.why) == ("skipped", "the customer has come back")


def test_dates_2_follow_ups_keep_the_cadence_of_the_policy_that_the_plan_rests_on(engine, postman):
    slower = POLICY.model_copy(
        update={"cadence": tuple(clause.model_copy(update={"max_touches": 1}) for clause in POLICY.cadence)}
    )
    keep_plan(engine, ACCOUNT, policy=slower)
    assert follow_ups(engine) == [MailKind.THANKS]


@pytest.mark.parametrize("cause", Cause)
def test_messages_5_nothing_friendly_follows_an_eject_for_cause(engine, postman, cause):
    keep_plan(engine, ACCOUNT, mode=Mode.EJECT, cause=cause)
    send(engine, postman, MailKind.GOODBYE)
    on_demand = cause is Cause.CUSTOMER_DEMAND
    assert follow_ups(engine) == ([MailKind.THANKS, MailKind.SURVEY_REMINDER] if on_demand else [])
    assert ("Gracias" in postman.taken[0].text) == on_demand


def test_a_pause_is_acknowledged_as_one_even_before_its_plan_is_made(engine, postman):
    about = {"mode": Mode.PAUSE, "reason": "other", "requested_by": "ana", "manager": "ana"}
    request = CaseRequest(case=CASE, account=ACCOUNT, language="es", channel=Channel.EMAIL, **about)
    SqlCaseStore(engine).open_case(request, NOW)
    send(engine, postman, MailKind.ACKNOWLEDGEMENT)
    assert postman.taken[0].subject == "Hemos recibido su solicitud de pausa"


@pytest.mark.parametrize("kind", [MailKind.THANKS, MailKind.CERTIFICATE])
def test_erasure_7_what_never_left_is_forgotten_with_the_contact(engine, postman, kind):
    """A mail server refused it for good, after the account was erased."""
    keep_plan(engine, ACCOUNT)
    SqlDirectory(engine).keep_for_follow_ups(CASE, ACCOUNT)
    SqlDirectory(engine).erase(ACCOUNT, "contacts")
    postman.open = False
    with pytest.raises(Unavailable):
        send(engine, postman, kind)
    (left,) = SqlOutbox(engine).waiting(CASE)
    assert left.recipient
    for _ in range(2):
        end_follow_ups(engine)
    kept = SqlOutbox(engine).message(left.message_id)
    assert (kept.state, kept.code, kept.recipient, kept.text) == ("skipped", "not_out", None, None)
    assert SqlDirectory(engine).count(ACCOUNT, "messages") == 0


def test_what_waits_to_be_sent_to_who_stays_outlives_the_follow_ups(engine, postman):
    postman.open = False
    with pytest.raises(Unavailable):
        send(engine, postman, MailKind.WELCOME_BACK)
    end_follow_ups(engine)
    assert [kept.kind for kept in SqlOutbox(engine).waiting(CASE)] == [MailKind.WELCOME_BACK]
