"""What of the inventory, and of the rows that it finds, stops a plan. Source: DOMAIN stages.5."""

from collections.abc import Iterator, Mapping, Sequence

from models.inventory import Inventory
from models.plan import Blocker
from models.schema import SchemaFacts
from models.vocabulary import BlockerCode
from rules.inventory_found import Finding


def with_subsidiaries(inventory: Inventory, schema: SchemaFacts) -> Inventory | None:
    """The inventory as if accounts under an account were its rows; None where they hold nothing that is deleted."""
    root = next(each for each in inventory.data_sets if each.table == inventory.root)
    keys = schema.by_name()[root.table].foreign
    holding = tuple(key.hop for key in keys if key.hop.parent == root.table and key.on_delete != "SET NULL")
    if root.hops or root.erase != "delete" or not holding:
        return None
    family = root.model_copy(update={"hops": holding, "ignored": ()})
    others = (each for each in inventory.data_sets if each != root)
    return inventory.model_copy(update={"data_sets": (*others, family)})


def inventory_blockers(
    findings: Sequence[Finding], of_two: Mapping[str, int], subsidiaries: int = 0
) -> Iterator[Blocker]:
    """`findings` of the check; `of_two`: how many rows of a data set another account reaches, too.

    `subsidiaries`: how many accounts under this one would hold its row.
    """
    if findings:
        many = f"{len(findings)} findings, the first: " if len(findings) > 1 else ""
        text = f"the inventory doesn't describe the product's database: {many}{findings[0].in_short}"
        yield Blocker(code=BlockerCode.INVENTORY_INCOMPLETE, text=text, fix="farewell inventory check lists them all")
    met = {name: rows for name, rows in of_two.items() if rows}
    if met:
        counted = ", ".join(f"{rows} of {name}" for name, rows in met.items())
        text = f"rows that belong to another account, too: {counted}"
        fix = 'write of_two = "export", "keep" or "hand_over" at the data set in the inventory'
        yield Blocker(code=BlockerCode.ROWS_OF_TWO_ACCOUNTS, text=text, fix=fix)
    if subsidiaries:
        text = f"{subsidiaries} other accounts lie under this one, and point at its row, which is to be deleted"
        fix = 'move them in the product; or write erase = "mask" for the root in the inventory'
        yield Blocker(code=BlockerCode.SUB_ACCOUNTS, text=text, fix=fix)
