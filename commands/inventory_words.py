"""What a drafted inventory says to the person who reviews it."""

from pathlib import Path

from models.inventory import Inventory
from models.schema import SchemaFacts
from rules.inventory_text import on_one_line

_REVIEW = """\
What there is of an account in the product, and the three duties of each data set. Source: DOMAIN erasure.1.
Drafted from the foreign keys that lead to {root}. To review, before any account leaves by it:

1. hops: each key that makes a row the account's. One that doesn't (who approved, who was copied) belongs in `ignored`.
   Rows that lead to the account by no foreign key aren't found: add a data set's hop by hand, from any columns.
2. erase: every data set is to be deleted. What the law keeps: erase = "retain", retain = {{ ground = "…", years = 6 }}.
   What must stay without its content: erase = "mask", mask = {{ column = "new value" }}.
3. outside: tables that can't reach {root}. Say why their rows are nobody's: reason = "…". Rows of shared ones that
   exported rows point at come along: where they must not, write duty = "none", and no used_by. Where only some columns
   may (your own people's names, not their birthdays): leave_out = ["birth_date"], which data sets may say, too.
4. Files: add [[file_set]] name, prefix = "accounts/{{account}}/", listed_in = "data set.column".
5. of_two: rows that two accounts reach stop a plan until it says "export", "keep" or "hand_over".

Data sets stand in the order in which foreign keys let them be erased. What is missing: `farewell inventory check`."""


def heading(inventory: Inventory, schema: SchemaFacts) -> list[str]:
    """The comments at the head of the file, one a line."""
    lines = _REVIEW.format(root=on_one_line(inventory.root)).splitlines()
    if schema.left_out:
        lines += ["", "Left out, as they are no tables of their own:"]
    return [*lines, *(f"- {on_one_line(f'{name}: {why}')}" for name, why in schema.left_out.items())]


def summary(inventory: Inventory, path: Path) -> str:
    """What was written, and what comes next."""
    shared = sum(outside.duty == "shared" for outside in inventory.outside)
    counted = f"{len(inventory.data_sets)} data sets, {shared} shared tables, {len(inventory.outside) - shared} others"
    return f"{path}: {counted}. Review it, then: farewell inventory check --inventory {path}"
