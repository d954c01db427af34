"""Whether an inventory describes a schema: every table with its rule, every rule with its table.

Source: DOMAIN erasure.1, stages.5.
"""

from models.inventory import Inventory
from models.schema import SchemaFacts
from rules.inventory_check_erase import forbidden, grounds, kept, masks
from rules.inventory_check_later import asked, cut_off, outlived
from rules.inventory_check_tables import drifted, keys, left_out, missing, reasons, undeclared, unreadable
from rules.inventory_check_ways import astray, bound, contradicted, listed, lost, unaccounted, unused
from rules.inventory_found import Compared, Finding

_CHECKS = (
    missing,
    undeclared,
    unreadable,
    drifted,
    keys,
    astray,
    lost,
    unaccounted,
    unused,
    contradicted,
    bound,
    forbidden,
    kept,
    masks,
    grounds,
    outlived,
    cut_off,
    asked,
    listed,
    left_out,
    reasons,
)


def findings(inventory: Inventory, schema: SchemaFacts) -> tuple[Finding, ...]:
    """All that is wrong, what hides other things first; empty: the inventory may be relied on."""
    compared = Compared(inventory, schema)
    return tuple(finding for check in _CHECKS for finding in check(compared))
