"""What a customer has made with the product, by their own figures. Source: DOMAIN messages.3."""

from collections.abc import Mapping, Sequence
from typing import Any

from models.inventory import Inventory
from models.payload import Payload

MOST_TOLD = 3
FEWEST_TOLD = 2
"""One is no reason for figures, and a language's plural wouldn't fit."""


class Used(Payload):
    """How many rows of one data set there were; `tell` is what people call them, by language (`work orders`)."""

    count: int
    tell: dict[str, str]


def used(manifests: Sequence[Mapping[str, Any]], inventory: Inventory) -> tuple[Used, ...]:
    """By the verified package, in the inventory's order; nothing before there is one. At most three are told."""
    if not manifests:
        return ()
    rows = {each["name"]: each["rows"] for each in manifests[-1]["data_sets"]}
    told = ((rows.get(data_set.name, 0), data_set.tell) for data_set in inventory.data_sets if data_set.tell)
    return tuple(Used(count=count, tell=tell) for count, tell in told if count >= FEWEST_TOLD)[:MOST_TOLD]
