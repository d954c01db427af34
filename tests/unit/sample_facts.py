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


def contract(contract_id="acme-contract", **changes):
    agreed = {
        "id": contract_id,
        "title": f"Subscription {contract_id}",
        "started_on": date(2020, 1, 1),
        "term_ends_on": None,
        "notice_days": 30,
        "renews": True,
        "state": "active",
        "signatories": ("acme-main",),
    }
    return Contract(**{**agreed, **changes})


def facts(zone="Europe/Madrid", notice=30, jurisdiction="EU", country="ES", **changes):
    contact = Contact(
        id="acme-main",
        kind="main",
        name="Ada",
        email="ada@acme.example",
        language="en",
        channel=Channel.EMAIL,
        timezone=zone,
    )
    account = Account(
        id="acme",
        name="Acme",
        country=country,
        timezone=zone,
        currency="EUR",
        language="en",
        jurisdiction=jurisdiction,
        manager="ana",
        customer_since=date(2020, 1, 1),
        root_key="acme",
    )
    whole = {"account": account, "contacts": (contact,), "contracts": (contract(notice_days=notice),)}
    return AccountFacts(**{**whole, **changes})
