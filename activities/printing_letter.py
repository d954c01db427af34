"""What the termination letter says: which contract ends when and by which rule, and what comes then.

Source: DOMAIN dates.2, messages.7.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from activities.printing_press import breakable
from activities.printing_words import Words
from activities.wording import flat
from models.payload import Payload
from models.plan import Commitments, EndingContract
from rules.manner import manner

_NEXT: dict[str, tuple[str, Literal["day", "last_day"]]] = {
    "statement": ("late_usage_end", "day"),
    "retrieval": ("retrieval_end", "last_day"),
    "erasure": ("erasure", "day"),
    "backups": ("backups_expire", "day"),
}
"""What comes after the end: by which date of the plan, and whether as its day or as the last one before it."""


class Ending(Payload):
    """What a letter rests on. `dates` are the plan's as they stand now, `titles` those of the contracts by id."""

    commitments: Commitments
    dates: dict[str, datetime]
    titles: dict[str, str]
    contact: str
    signed_by: str
    years: int
    made_at: datetime


def said_of(ending: Ending) -> dict[str, Any]:
    """The values that its sentences may name."""
    commitments, dates = ending.commitments, ending.dates
    return {
        "mode": commitments.mode,
        "manner": manner(commitments.mode, commitments.cause),
        "count": len(commitments.contracts),
        "fees": [_fee(each, ending.titles) for each in commitments.contracts if each.fee_share > 0],
        "notice_source": commitments.dates["notice_end"].citation,
        **{name: dates[name] for name in ("requested", "notice_end", "effective_date")},
        **ending.model_dump(include={"contact", "years", "made_at"}),
    }


def contract(each: EndingContract, titles: Mapping[str, str], words: Words) -> dict[str, str]:
    """A row of the table of contracts."""
    return {
        "id": breakable(flat(each.id)),
        "title": breakable(flat(titles.get(each.id, each.id))),
        "ends": words.say("ends", at=each.ends.at),
        "rests_on": breakable(words.say("rests_on", citation=each.ends.citation)),
    }


def steps(dates: Mapping[str, datetime], words: Words) -> list[dict[str, str]]:
    """What happens after the end, and when."""
    return [
        {"when": words.day(dates[name], how), "what": words.say(f"next_{step}")}
        for step, (name, how) in _NEXT.items()
        if name in dates
    ]


def _fee(each: EndingContract, titles: Mapping[str, str]) -> dict[str, Any]:
    return {"title": titles.get(each.id, each.id), "term_end": each.term_end, "share": each.fee_share}
