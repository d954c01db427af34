"""Which legal holds stand, and what each waits for. Source: DOMAIN erasure.3."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from commands.options import Json, MaybeAccountArgument
from commands.printing import console, say, show, table

_COLUMNS = (
    *("account", "id", "ground", "scope", "placed by", "placed at"),
    *("confirmed by", "overdue since", "release asked by"),
)

_INSTANTS = frozenset({"placed at", "overdue since"})


def list_holds(account: MaybeAccountArgument = None, as_json: Json = False) -> None:
    """List the holds that stand, on one account or on all."""
    from commands.session import connections, facts_of

    at = connections()
    if account is not None and at.cases.case(account) is None:
        facts_of(at, account)  # or it says that there is none
    rows = at.cases.all_holds() if account is None else at.cases.holds(account)
    told = [_row(row, at.policy.house.hold_confirm_days) for row in rows]
    if as_json:
        show(told)
    elif told:
        cells = [[_cell(column, row[column.replace(" ", "_")]) for column in _COLUMNS] for row in told]
        console().print(table(_COLUMNS, cells))
    else:
        say("no hold stands")


def _row(hold: Mapping[str, Any], days: int) -> dict[str, Any]:
    from rules.holds import overdue_since

    late = overdue_since(hold, days, datetime.now(UTC))
    return {
        "account": hold["account"],
        "id": hold["id"],
        "ground": hold["ground"],
        "scope": list(hold["data_sets"]),
        "placed_by": hold["placed_by"],
        "placed_at": hold["placed_at"].isoformat(),
        "confirmed_by": hold["confirmed_by"],
        "overdue_since": late.isoformat() if late else None,
        "release_asked_by": hold["release_asked_by"],
    }


def _cell(column: str, value: Any) -> str:
    """For people: an empty scope is everything, of an instant the day will do."""
    if isinstance(value, list):
        return ", ".join(value) or "everything"
    return str(value or "")[:10] if column in _INSTANTS else str(value or "")
