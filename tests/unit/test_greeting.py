"""Who has come back is greeted once, by their channel, as somebody whom we know. Source: DOMAIN messages.9."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from activities.greeting import Greeting
from connectors.errors import Unavailable
from connectors.store.cases import SqlCaseStore
from connectors.store.directory import SqlDirectory
from connectors.store.outbox import SqlOutbox
from connectors.store.sessions import writing
from models.messages import Kept
from models.tables.accounts import ContactRow
from models.tables.messages import FollowUpContactRow
from tests.contract.sample_account import request_for
from tests.unit.own_database import NOW, company
from tests.unit.sample_facts import INVENTORY, POLICY


class Postman:
    """Takes what it's given, once it is open."""

    def __init__(self) -> None:
        self.taken: list[Kept] = []
        self.open = True

    def deliver(self, message: Kept) -> None:
        if not self.open:
            raise Unavailable("SMTP", "the mail server can't be reached")
        self.taken.append(message)


class Door:
    """A customer whose exit is over, and who is here again."""

    def __init__(self, engine: Engine, account: str) -> None:
        self.engine, self.account, self.postman = engine, account, Postman()
        store = SqlCaseStore(engine)
        store.open_case(request_for(account), NOW)
        ports = {"directory": SqlDirectory(engine), "store": store, "outbox": SqlOutbox(engine)}
        self.greeting = Greeting(**ports, messenger=self.postman, policy=POLICY, inventory=INVENTORY)

    def greet(self, restored: int = 0) -> Kept:
        return self.greeting.greet(f"{self.account}-1", self.account, restored, NOW)

    def contact(self, **changes: object) -> None:
        with writing(self.engine) as session:
            session.get_one(ContactRow, f"{self.account}-main").sqlmodel_update(changes)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    for engine, account in company(tmp_path):
        yield Door(engine, account)


@pytest.mark.parametrize(("restored", "told"), [(7, "repuesto con las mismas claves"), (0, "cuenta vacía")])
def test_messages_9_a_returned_customer_is_greeted_as_one_and_hears_what_is_true(door, restored, told):
    assert door.greet(restored).state == "sent"
    [mail] = door.postman.taken
    assert mail.message_id.startswith(f"{door.account}-1.welcome_back.1@")
    assert told in " ".join(mail.text.split())
    assert mail.unsubscribe is None


def test_messages_9_nobody_is_greeted_twice_though_the_first_try_fails(door):
    door.postman.open = False
    with pytest.raises(Unavailable):
        door.greet(7)
    door.postman.open = True
    assert [door.greet(), door.greet()][1].state == "sent"
    [mail] = door.postman.taken
    assert "repuesto" in mail.text, "what was written first is what goes out"


def test_the_contact_of_the_new_import_is_greeted_not_the_one_kept_for_the_follow_ups(door):
    about = {"language": "en", "channel": "email", "timezone": "UTC", "country": "ES", "account_name": "Old"}
    with writing(door.engine) as session:
        kept = {"case": f"{door.account}-1", "account": door.account, "name": "Old", "email": "old@x.example"}
        rest = {"signed_by": "Ana", "customer_since": NOW.date()}
        session.add(FollowUpContactRow(**kept, **about, **rest))
    door.greet()
    assert door.postman.taken[0].recipient == "main@faro.example"


def test_messages_2_who_wants_the_phone_is_written_to_and_who_wants_nothing_hears_nothing(door):
    """A welcome isn't one of the calls; without an address it is said."""
    door.contact(channel="none")
    assert (door.greet().state, door.postman.taken) == ("skipped", [])


def test_messages_2_without_an_address_somebody_calls_and_has_the_words(door):
    door.contact(channel="phone", email=None, phone="+34 600 111 222")
    said = door.greet(7)
    assert (said.state, said.recipient) == ("to_call", "+34600111222")
    assert "Faro Studio" in said.text
