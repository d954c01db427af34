"""What of the inventory, and of the rows that it finds, stops a plan. Source: DOMAIN stages.5."""

from collections.abc import Iterator, Mapping, Sequence

from models.plan import Blocker
from models.vocabulary import BlockerCode
from rules.inventory_found import Finding


def inventory_blockers(findings: Sequence[Finding], of_two: Mapping[str, int]) -> Iterator[Blocker]:
    """`findings` of the check; `of_two`: how many rows of a data set another account reaches, too."""
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
