"""A fresh link to the package, for as long as it may be fetched."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from commands.refused import Exit, Refused
from commands.standing import look
from models.vocabulary import Stage
from rules.links import good_until, links_of

if TYPE_CHECKING:
    from connectors.opening import Connections

PAST_THE_PIVOT = frozenset({Stage.ERASE, Stage.CERTIFY})


def fresh_link(at: "Connections", case: Mapping[str, Any]) -> tuple[str, datetime]:
    """The link, and until when it is good.

    Raises:
        Refused: 2 the pages have no address or no key; 4 there is nothing to fetch any more.
    """
    links = links_of(at.settings.public_url, at.settings.link_key)
    if links is None:
        what = "links need FAREWELL_PUBLIC_URL and FAREWELL_LINK_KEY"
        raise Refused(Exit.USAGE, what, "set both, and serve the pages: farewell-web")
    if case["ended_at"] is not None or case["stage"] in PAST_THE_PIVOT:
        what = f"the case {case['id']} stands in {case['stage']}: its package can't be fetched any more"
        raise Refused(Exit.REFUSED, what, f"farewell audit {case['account']} tells how")
    until = good_until(_retrieval_end(at, case), datetime.now(UTC))
    return links.to_package(case["id"], case["account"], until), until


def _retrieval_end(at: "Connections", case: Mapping[str, Any]) -> datetime:
    """The window's end as the case knows it; where nobody answers, the plan's, which is never later."""
    state = look(at, case)
    if state is not None and state.retrieval_end is not None:
        return state.retrieval_end
    return at.cases.plan(case["id"], case["state"]["plan_hash"]).commitments.dates["retrieval_end"].at
