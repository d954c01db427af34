"""The port `SubProcessors`: a real receiver that verifies every signature, and a real mail server."""

import json
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from pydantic import SecretStr
from starlette.responses import JSONResponse, Response

from connectors.configuration import WrongSetting
from connectors.errors import ConnectorError, Rejected, Unauthorized, Unavailable
from connectors.processors import AskedProcessors
from connectors.processors_opened import opened_processors
from connectors.smtp import SmtpMessenger
from devstack.ports import free_ports
from models.inventory import Inventory, Processor
from models.messages import Outgoing
from models.policy import Sender
from models.processors import ProcessorAnswer
from models.settings import Settings
from tests.contract.sample_account import AT
from tests.contract.webhook_receiver import SECRET, Receiver, running_receiver

KEY = "acme-1:purge:processor/newsletter:1"
SENDER = Sender(
    company="Bancada Software",
    product="Bancada",
    address="Bancada <bajas@bancada.example>",
    help_name="Nuria Ferrer",
    help_address="nuria.ferrer@bancada.example",
)
BY_MAIL = Processor(name="newsletter", ask="mail", address="privacy@briefly.example")


class Mails(Message):
    """Keeps what it's given."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[bytes] = []

    def handle_message(self, message: object) -> None:
        self.kept.append(bytes(message))  # type: ignore[call-overload]  # an email.message.Message


@pytest.fixture
def mails() -> Iterator[tuple[Mails, SmtpMessenger]]:
    handler, (port,) = Mails(), free_ports(1)
    controller = Controller(handler, hostname="127.0.0.1", port=port, ready_timeout=10)
    controller.start()
    yield handler, SmtpMessenger(f"smtp://127.0.0.1:{port}")
    controller.stop()


@pytest.fixture(scope="module")
def running() -> Iterator[Receiver]:
    with running_receiver() as receiver:
        yield receiver


@pytest.fixture
def receiver(running: Receiver) -> Receiver:
    running.faults, running.requests, running.secret = [], [], SECRET
    return running


class NoPost:
    def deliver(self, message: Outgoing) -> None:
        raise AssertionError(message)


def opened(receiver: Receiver, secrets: str | None, address: str = "") -> tuple[AskedProcessors, Processor]:
    processor = Processor(name="mailing", ask="webhook", address=address or receiver.url)
    inventory = Inventory.model_validate(
        {"root": "org", "data_set": [{"name": "org", "table": "org"}], "processor": [processor]}
    )
    known = SecretStr(secrets) if secrets is not None else None
    settings = Settings.model_construct(processor_secrets=known, embedded=True)
    return opened_processors(inventory, settings, NoPost(), SENDER), processor


def ask(receiver: Receiver, *answers: Response) -> ProcessorAnswer:
    receiver.faults = [iter([each]).__next__ for each in answers]
    processors, processor = opened(receiver, json.dumps({"mailing": SECRET}))
    return processors.ask(processor, "acme", "17", KEY, AT)


# -- by webhook


def test_stages_3_a_sub_processor_is_asked_by_a_signed_webhook_and_may_confirm_at_once(receiver: Receiver) -> None:
    answer = ask(receiver, JSONResponse({"confirmed": True, "erased": 41, "reference": "T-17/2026"}))
    assert (answer.confirmed, answer.erased, answer.reference) == (True, 41, "T-17/2026")
    ((headers, body),) = receiver.requests  # the receiver has verified the signature
    message = json.loads(body)
    assert (message["type"], message["data"]) == (
        "erasure.requested",
        {"account": "acme", "root_key": "17", "key": KEY},
    )
    ask(receiver, JSONResponse({"confirmed": False}))
    assert [request[0]["webhook-id"] for request in receiver.requests] == [headers["webhook-id"]] * 2


def test_one_that_has_only_taken_the_request_hasnt_confirmed(receiver: Receiver) -> None:
    assert ask(receiver, JSONResponse({"confirmed": False}, 202)) == ProcessorAnswer(confirmed=False)


def test_a_reference_in_free_words_isnt_kept_for_it_could_name_a_person(receiver: Receiver) -> None:
    said = JSONResponse({"confirmed": True, "reference": "ask Lucía Aznar, lucia@briefly.example"})
    assert ask(receiver, said).reference == ""


@pytest.mark.parametrize("said", [{}, {"confirmed": "yes"}, {"confirmed": 1}, {"confirmed": True, "erased": "all"}])
def test_an_answer_of_another_form_confirms_nothing(receiver: Receiver, said: dict[str, object]) -> None:
    with pytest.raises(Rejected, match="answered in another form") as no:
        ask(receiver, JSONResponse(said))
    assert '"confirmed"' in no.value.fix


@pytest.mark.parametrize(("status", "error"), [(503, Unavailable), (401, Unauthorized), (422, Rejected)])
def test_one_that_refuses_or_fails_is_told(receiver: Receiver, status: int, error: type[ConnectorError]) -> None:
    with pytest.raises(error, match="sub-processor mailing"):
        ask(receiver, JSONResponse({"confirmed": True}, status))


@pytest.mark.parametrize(
    ("secrets", "said"),
    [
        (None, "has no secret for mailing, which the inventory asks by webhook"),
        ('{"other": "whsec_x"}', "has no secret for mailing"),
        ("whsec_abc", "expected a JSON object"),
        ('["mailing"]', "expected a JSON object"),
        ('{"mailing": 7}', "expected a JSON object"),
        ('{"mailing": "whsec_abc"}', "mailing: its webhook's secret isn't whsec_"),
    ],
)
def test_a_secret_that_is_missing_stops_the_start_in_one_line(
    receiver: Receiver, secrets: str | None, said: str
) -> None:
    with pytest.raises(WrongSetting) as no:
        opened(receiver, secrets)
    assert str(no.value).startswith(f"FAREWELL_PROCESSOR_SECRETS: {said}")
    assert "\n" not in str(no.value)


def test_an_address_that_is_none_stops_the_start(receiver: Receiver) -> None:
    with pytest.raises(WrongSetting, match="FAREWELL_INVENTORY_FILE: processor mailing"):
        opened(receiver, json.dumps({"mailing": SECRET}), "ftp://briefly.example")


# -- by mail


def test_stages_3_a_sub_processor_is_asked_by_mail_which_names_the_account_and_no_person(
    mails: tuple[Mails, SmtpMessenger],
) -> None:
    kept, messenger = mails
    for _ in range(2):  # two attempts
        answer = AskedProcessors({}, messenger, SENDER).ask(BY_MAIL, "acme", "17", KEY, AT)
        assert answer == ProcessorAnswer(confirmed=False)
    mail = message_from_bytes(kept.kept[0], policy=default)
    assert mail["Message-ID"] == "<acme-1.purge.processor-newsletter.1@bancada.example>"
    assert (mail["To"], mail["From"]) == ("privacy@briefly.example", "Bancada <bajas@bancada.example>")
    assert mail["Subject"] == "Please erase the account 17 of Bancada"
    body = mail.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "Account: 17" in text
    assert KEY in text
    whole = kept.kept[0].decode()
    assert not any(word in whole for word in ("Nuria", "nuria", "{", "acme\n"))
    first, second = ([line for line in each.splitlines() if b"X-Peer" not in line] for each in kept.kept)
    assert first == second
