"""The arguments and options that several commands take, each with its one spelling."""

import re
from datetime import date
from typing import Annotated

import typer

_ACCOUNT = re.compile(r"[A-Za-z0-9_-]{1,64}")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date; write it as 2027-01-31.") from None


def _account(text: str) -> str:
    if not _ACCOUNT.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is no account id: letters, digits, _ and -, at most 64.")
    return text


Day = Annotated[date, typer.Option(parser=_day, metavar="DATE", help="A day of the customer's calendar.")]
MaybeDay = Annotated[date | None, typer.Option(parser=_day, metavar="DATE", help="A day of the customer's calendar.")]
AccountArgument = Annotated[str, typer.Argument(parser=_account, metavar="ACCOUNT", help="The account's id.")]
As = Annotated[str | None, typer.Option("--as", metavar="PERSON", help="Who acts; else FAREWELL_AS.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Why = Annotated[str, typer.Option("--reason", help="Why, in words.")]
