"""`kill -9` at every step of sending, and a mail server with bad days: nobody gets a mail twice, no row lies.

Source: TRUST 1, 10; docs/adr/0024.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from connectors.errors import Permanent, Transient
from connectors.opening import Connections, settings
from models.vocabulary import MailKind
from tests.faults.sending import (
    AT,
    HANDED_OVER,
    LATER,
    SOON,
    TRIES,
    Post,
    Sender,
    Try,
    attempt,
    post_office,
    settings_of,
)

REQUIRED, MARKETING = MailKind.ACKNOWLEDGEMENT, MailKind.THANKS
NUMBERS = count(100)


@pytest.fixture(scope="module")
def sender(homes: Callable[[str], Path]) -> Iterator[Sender]:
    home = homes("sending")
    with post_office() as post, settings_of(home, post):
        sender = Sender(home, post)
        yield sender
        sender.at.engine.dispose()


@pytest.fixture
def post(sender: Sender) -> Post:
    return sender.post


@pytest.mark.parametrize("kind", [REQUIRED, MARKETING])
@pytest.mark.parametrize("where", TRIES, ids=str)
def test_a_message_whose_sender_is_killed_leaves_once(kind: MailKind, where: Try, sender: Sender, post: Post) -> None:
    """What may have left is repeated only where the law requires it, and then it's the same mail byte by byte."""
    message = sender.message(kind, next(NUMBERS))
    sender.dies(message, [where.death] if where.death else [])
    had = post.times(sender.id_of(message))
    assert had == (str(where) in HANDED_OVER)
    if where.gone and not where.settled:
        with pytest.raises(Transient):  # the other one may still be alive
            sender.tries(message, SOON)
    results = [sender.tries(message, LATER) for _ in range(2)]
    repeated = where.gone and not where.settled and kind is REQUIRED
    left_alone = where.gone and kind is MARKETING
    assert [each.state for each in results] == ["sent", "sent"]
    assert post.times(sender.id_of(message)) == had + (1 if repeated or not (where.gone or left_alone) else 0)
    assert post.forms(sender.id_of(message)) <= 1
    row = sender.row(message)
    assert (row.state, row.sent_at is not None) == ("sent", True)
    assert bool(row.why) == (left_alone and not where.settled)  # who reads it later must know that we don't


@pytest.mark.parametrize("kind", [REQUIRED, MARKETING])
def test_a_greylisting_server_gets_the_mail_at_its_third_word(kind: MailKind, sender: Sender, post: Post) -> None:
    message = sender.message(kind, next(NUMBERS))
    post.answers = ["451 4.7.1 greylisted", "450 4.2.0 later"]
    for _ in range(2):
        with pytest.raises(Transient):
            sender.tries(message, SOON)
        assert sender.row(message).state == "sending"
    assert sender.tries(message, SOON).state == "sent"
    assert post.times(sender.id_of(message)) == 1


@pytest.mark.parametrize("kind", [REQUIRED, MARKETING])
def test_an_address_that_is_not_there_is_no_transient_failure(kind: MailKind, sender: Sender, post: Post) -> None:
    message = sender.message(kind, next(NUMBERS))
    post.answers = ["550 5.1.1 no such mailbox"]
    with pytest.raises(Permanent):
        sender.tries(message, SOON)
    assert sender.row(message).state == "sending"  # whoever mends the address may send it
    assert sender.tries(message, LATER).state == "sent"
    assert post.times(sender.id_of(message)) == 1


def test_a_server_that_is_down_for_days_gets_it_once_when_it_is_back(
    sender: Sender, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = sender.message(MARKETING, next(NUMBERS))
    monkeypatch.setenv("FAREWELL_SMTP_URL", "smtp://127.0.0.1:1")
    cut_off = Connections(settings())
    for days in range(3):
        with pytest.raises(Transient):
            attempt(cut_off, message, AT + timedelta(days=days))
        assert sender.row(message).state == "sending"
    cut_off.engine.dispose()
    assert sender.tries(message, timedelta(days=3)).state == "sent"
    assert post.times(sender.id_of(message)) == 1
