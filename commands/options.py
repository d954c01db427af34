"""The arguments and options that several commands take, each with its one spelling."""

import re
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from models.vocabulary import Cause, Mode

_ACCOUNT = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LONGEST = 500


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date; write it as 2027-01-31.") from None


def _account(text: str) -> str:
    if not _ACCOUNT.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is no account id: letters, digits, _ and -, at most 64.")
    return text


def _language(text: str) -> str:
    """One that any message or page is written in, the operator's own languages among them."""
    import os

    from activities.catalogue import Catalogue
    from connectors.configuration import home, load_environment
    from web.catalogues import languages

    load_environment(home())
    folder = os.environ.get("FAREWELL_MESSAGES_FOLDER")
    known = {*Catalogue(Path(folder) if folder else None).languages, *languages()}
    if text not in known:
        raise typer.BadParameter(f"nothing is written in {text!r}; there is {', '.join(sorted(known))}.")
    return text


def in_words(text: str) -> str:
    """What a person writes down, where nothing and a whole book are no answers."""
    if not text.strip() or len(text) > _LONGEST:
        raise typer.BadParameter(f"say it in words, in {_LONGEST} letters at most.")
    return text.strip()


class Modes(tuple[Mode, ...]):
    """Several ways out, in the order in which they were named, none twice."""

    __slots__ = ()


def _modes(text: str) -> Modes:
    try:
        return Modes(dict.fromkeys(Mode(word.strip()) for word in text.split(",")))
    except ValueError:
        raise typer.BadParameter(f"{text!r} names no modes; write them as {','.join(Mode)}.") from None


Day = Annotated[date, typer.Option(parser=_day, metavar="DATE", help="A day of the customer's calendar.")]
MaybeDay = Annotated[date | None, typer.Option(parser=_day, metavar="DATE", help="A day of the customer's calendar.")]
MaybeDays = Annotated[
    list[date] | None,
    typer.Option(parser=_day, metavar="DATE", help="A day of the customer's calendar; several stand side by side."),
]
ResumeDay = Annotated[
    date | None, typer.Option("--resume", parser=_day, metavar="DATE", help="The day on which a pause ends.")
]
FirstDay = Annotated[
    date | None,
    typer.Option("--from", parser=_day, metavar="DATE", help="The first day, by UTC; else four quarters' first."),
]
LastDay = Annotated[
    date | None, typer.Option("--to", parser=_day, metavar="DATE", help="The last day; else the running quarter's.")
]
MaybeCause = Annotated[Cause | None, typer.Option("--cause", help="Why an account is ejected.")]
Compare = Annotated[
    Modes | None,
    typer.Option("--compare", parser=_modes, metavar="MODE,MODE", help="Ways out side by side: stop,pause,eject."),
]
MaybeLanguage = Annotated[
    str | None,
    typer.Option("--language", parser=_language, metavar="LANGUAGE", help="Of the messages; else the contact's."),
]
AccountArgument = Annotated[str, typer.Argument(parser=_account, metavar="ACCOUNT", help="The account's id.")]
MaybeAccountArgument = Annotated[
    str | None, typer.Argument(parser=_account, metavar="ACCOUNT", help="The account's id; else all.")
]
MaybeAccount = Annotated[
    str | None, typer.Option("--account", parser=_account, metavar="ACCOUNT", help="As it stands for this account.")
]
As = Annotated[str | None, typer.Option("--as", metavar="PERSON", help="Who acts; else FAREWELL_AS.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Why = Annotated[str, typer.Option("--reason", help="Why, in words.")]
