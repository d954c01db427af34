"""The port Messenger by webhook and by channel: what a receiver of SMS and WhatsApp is sent. DOMAIN messages.2."""

import json
from collections.abc import Iterator

import pytest
from starlette.responses import JSONResponse, Response

from connectors.errors import Permanent, Rejected, Timeout, Transient, Unauthorized
from connectors.messenger import ChannelMessenger
from connectors.smtp import SmtpMessenger
from connectors.webhooks.messages import WebhookMessenger
from connectors.webhooks.sender import Sender
from models.vocabulary import Channel
from tests.contract.test_messenger import MESSAGE
from tests.contract.test_webhooks_out import OTHER_SECRET
from tests.contract.webhook_receiver import SECRET, Receiver, running_receiver

TEXT = MESSAGE.model_copy(
    update={"channel": Channel.SMS, "recipient": "+34600112233", "html": "", "subject": "", "text": "Gracias, Lucía."}
)
NOBODY = "smtp://127.0.0.1:1"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as receiver:
        yield receiver


def texts(receiver: Receiver, secret: str = SECRET) -> ChannelMessenger:
    sender = Sender(receiver.url, secret, "messages", embedded=True)
    return ChannelMessenger(SmtpMessenger(NOBODY), WebhookMessenger(sender))


def taken(reference: str = "SM7") -> Response:
    return JSONResponse({"reference": reference})


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.WHATSAPP])
def test_messages_2_a_text_is_handed_over_signed_and_a_repeat_is_the_same_message(receiver, channel):
    receiver.faults = [taken, taken]
    for _ in range(2):
        texts(receiver).deliver(TEXT.model_copy(update={"channel": channel}))
    (first, body), (second, _) = receiver.requests
    assert first["webhook-id"] == second["webhook-id"]
    said = json.loads(body)
    assert said["type"] == "messages.send"
    assert said["data"] == {
        "key": TEXT.message_id,
        "channel": channel,
        "to": "+34600112233",
        "language": "es",
        "text": "Gracias, Lucía.",
        "marketing": False,
    }


@pytest.mark.parametrize(
    ("status", "error"), [(503, Transient), (408, Timeout), (401, Unauthorized), (404, Permanent), (400, Rejected)]
)
def test_a_receiver_that_says_later_is_asked_again_and_one_that_says_no_is_not(receiver, status, error):
    receiver.faults = [lambda: JSONResponse({"to": "+34600112233"}, status)]
    with pytest.raises(error) as failed:
        texts(receiver).deliver(TEXT)
    assert "34600112233" not in str(failed.value) + failed.value.fix


def test_a_receiver_that_answers_something_else_has_not_taken_it(receiver):
    receiver.faults = [lambda: taken("Lucía Aznar, +34 600 11 22 33")]
    with pytest.raises(Rejected) as failed:
        texts(receiver).deliver(TEXT)
    assert "Lucía" not in str(failed.value)


def test_another_secret_is_refused(receiver):
    with pytest.raises(Unauthorized):
        texts(receiver, OTHER_SECRET).deliver(TEXT)


def test_check_pings_and_sends_nothing(receiver):
    assert texts(receiver).check_texts()
    (_, body), *others = receiver.requests
    assert (json.loads(body)["type"], others) == ("ping", [])
    assert not ChannelMessenger(SmtpMessenger(NOBODY)).check_texts()


def test_a_text_whose_words_were_erased_is_refused(receiver):
    with pytest.raises(Rejected):
        texts(receiver).deliver(TEXT.model_copy(update={"text": None, "recipient": None}))
    assert receiver.requests == []


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.PHONE, Channel.NONE])
def test_a_channel_that_nothing_carries_is_refused_with_what_to_do(channel):
    with pytest.raises(Rejected) as refused:
        ChannelMessenger(SmtpMessenger(NOBODY)).deliver(TEXT.model_copy(update={"channel": channel}))
    assert "FAREWELL_MESSAGES_WEBHOOK_URL" in refused.value.fix
