"""What a customer chose becomes the contact's; why they leave stays with the decision. DOMAIN messages.2."""

from activities.cases import CaseActivities
from models.account import Actor
from models.case import Decision
from models.updates import ContactPreference
from models.vocabulary import Channel, Reason, Stage
from tests.unit.own_database import environment


class Remembered:
    def __init__(self):
        self.chosen, self.decided = {}, []

    def prefer(self, account, choice):
        self.chosen = {account: dict(choice)}

    def decide(self, decision, at):
        self.decided.append(decision)


def test_messages_2_every_choice_reaches_the_contact_in_its_own_type():
    word = ContactPreference(
        actor=Actor(id="customer"), channel=Channel.SMS, hours_from=9, hours_to=14, come_back=False, reason=Reason.PRICE
    )
    said = word.model_dump(mode="json", exclude={"actor", "key"}, exclude_none=True)
    details = {name: str(value).lower() for name, value in said.items()}
    about = {"case": "acc_1-1", "account": "acc_1", "stage": Stage.NOTICE, "step": "decide_set_contact_preference"}
    told = Remembered()
    decision = Decision(**about, action="set_contact_preference", details=details)
    environment().run(CaseActivities(store=told, directory=told).record_decision, decision)
    assert told.chosen == {"acc_1": {"channel": "sms", "hours_from": 9, "hours_to": 14, "come_back": False}}
    assert told.decided[0].details["reason"] == "price"
