"""The certificate of erasure for people: what its signed form claims, no more and no less. Source: DOMAIN erasure.5."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from activities.printing_press import breakable
from activities.printing_words import Words
from activities.wording import about_of, flat, number
from models.vocabulary import PROCESSORS

DIGESTS = ("jws", "plan", "package", "statement", "supersedes")


def certified(claims: Mapping[str, Any]) -> dict[str, Any]:
    """What the sentences may name."""
    key = claims["account_key"]
    instants = {
        "destroyed_at": key["at"],
        "copies_until": key["copies_until"],
        "backups_expire": claims["backups_expire"],
    }
    return {
        **{name: datetime.fromisoformat(at) for name, at in instants.items()},
        **{name: claims[name] for name in ("iss", "number", "changed")},
        "key_count": len(key["ids"]),
        "proof": key["proven"],
    }


def data_set(claim: Mapping[str, Any], about: Mapping[str, Mapping[str, str]], words: Words) -> dict[str, str]:
    """A row: what the set is, what was done when, the counts, and why anything of it is kept."""
    until = datetime.fromisoformat(claim["until"]) if claim["until"] else None
    return {
        "name": _named(claim, about.get(claim["name"]), words),
        "why": breakable(words.say("why", why=claim["why"], until=until)) if claim["why"] else "",
        "method": words.translated("methods", claim["method"]),
        "at": words.say("at", at=datetime.fromisoformat(claim["at"])),
        **{count: number(words.values, claim[count]) for count in ("before", "after", "kept")},
    }


def processor(claim: Mapping[str, Any], about: Mapping[str, Mapping[str, str]], words: Words) -> dict[str, str]:
    """A row: who was asked when and how often, and whether they, or a person for them, say that all is gone."""
    first, last = (datetime.fromisoformat(claim[name]) for name in ("first_asked_at", "asked_at"))
    confirmed_at = datetime.fromisoformat(claim["confirmed_at"]) if claim["confirmed_at"] else None
    answer = {"asked": claim["asked"], "first": first, "last": last, "confirmed_at": confirmed_at}
    told = {name: claim[name] for name in ("recorded_by", "erased", "reference")}
    return {
        "name": _named(claim, about.get(PROCESSORS + claim["name"]), words),
        "asked": words.say("asked", **answer),
        "confirmed": breakable(words.say("confirmed", **answer, **told)),
    }


def _named(claim: Mapping[str, Any], about: Mapping[str, str] | None, words: Words) -> str:
    """What it is, in the reader's language; where nobody says so, its name."""
    return breakable(flat(about_of(about or {"": claim["name"]}, words.values["language"]).partition(";")[0]))


def approvals(claims: Mapping[str, Any], words: Words) -> list[str]:
    """Who said yes to the erasure, by id, and when."""
    given = [each for each in claims["approvals"] if each["gate"] == "erasure"]
    return [words.say("approval", person=each["person"], at=datetime.fromisoformat(each["at"])) for each in given]


def digests(claims: Mapping[str, Any], jws: str, words: Words) -> list[dict[str, str]]:
    """What ties the paper to the signed certificate, and that to plan, package and statement."""
    found = {**claims, "jws": jws}
    return [{"label": words.say(f"digest_{name}"), "value": found[name]} for name in DIGESTS if found.get(name)]
