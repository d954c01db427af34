"""An account, its policy and its inventory, for tests of the rules."""

from datetime import date
from pathlib import Path

from models.account import Account, AccountFacts, Contact, Contract
from models.inventory import read_inventory
from models.policy import read_policy
from models.vocabulary import Channel

ROOT = Path(__file__).parents[2]
POLICY = read_policy(ROOT / "policy.toml")
INVENTORY = read_inventory(ROOT / "inventory.toml")


def facts(zone="Europe/Madrid", notice=30, jurisdiction="EU", **changes):
    contact = Contact(
        id="acme-main",
        kind="main",
        name="Ada",
        email="ada@acme.example",
        language="en",
        channel=Channel.EMAIL,
        timezone=zone,
    )
    contract = Contract(
        id="acme-contract",
        title="Subscription",
        started_on=date(2020, 1, 1),
        term_ends_on=None,
        notice_days=notice,
        renews=True,
        state="active",
        signatories=("acme-main",),
    )
    account = Account(
        id="acme",
        name="Acme",
        country="ES",
        timezone=zone,
        currency="EUR",
        language="en",
        jurisdiction=jurisdiction,
        manager="ana",
        customer_since=date(2020, 1, 1),
        root_key="acme",
    )
    return AccountFacts(**{"account": account, "contacts": (contact,), "contracts": (contract,), **changes})
