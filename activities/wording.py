"""How values read in a mail: money, dates and sizes by Babel, in the reader's language and zone."""

import re
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date, get_timezone_location
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_name
from jinja2 import pass_context

from activities.catalogue import SHIPPED, Words
from models.money import Statement, StatementLine

Spoken = Mapping[str, Any]
"""What a filter must know: `language`, `locale` and `zone`; a mail's or a paper's values hold them.

`words` are an operator's own; without them ours are taken.
"""
# Control, format (bidi marks, too) and separator characters: none of them may shape a mail.
_SHAPING = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
_PUNCTUATION = re.compile(f"[{re.escape(string.punctuation)}]")
_ISO_DAY = re.compile(r"(?<![\w-])\d{4}-\d{2}-\d{2}(?![\w-])")
_TOUCHING = re.compile(r"(?<=[A-Z])(?=\d)")
_UNITS = ("B", "kB", "MB", "GB", "TB")
_STEP = 1000
MOST_LINES = 2000
"""Of a statement in a mail: with its PDF that makes 4 MB, and some servers take no more than 10."""


def flat(value: object) -> str:
    """A value as one line of text. No-break spaces, as in amounts, are kept."""
    return _SHAPING.sub(_space, str(value)).strip()


def _space(found: re.Match[str]) -> str:
    return found[0] if found[0] in {"\u00a0", "\u202f"} else " "


def escaped(value: object) -> str:
    """A value that Markdown reads as the text it is. Source: CommonMark 2.4, backslash escapes."""
    return _PUNCTUATION.sub(r"\\\g<0>", flat(value))


@pass_context
def day(context: Spoken, at: datetime | date) -> str:
    """The local day of an instant: `5 de diciembre de 2026`."""
    return format_date(_local(context, at), "long", locale=context["locale"])


@pass_context
def last_day(context: Spoken, end: datetime) -> str:
    """The last day before an exclusive end. Source: DOMAIN dates.1."""
    return format_date(
        _local(context, end.astimezone(UTC) - timedelta(microseconds=1)), "long", locale=context["locale"]
    )


@pass_context
def money(context: Spoken, amount: Decimal, currency: str) -> str:
    """An amount with its currency, to the currency's minor unit; a code never touches its digits, as CLDR asks."""
    return _TOUCHING.sub("\u00a0", format_currency(amount, currency, locale=context["locale"]))


@pass_context
def sums(context: Spoken, amounts: Mapping[str, Decimal]) -> str:
    """Amounts by currency, in one sentence."""
    return str(format_list([money(context, amounts[each], each) for each in amounts], locale=context["locale"]))


@pass_context
def currency_name(context: Spoken, currency: str) -> str:
    """A currency by its name and code, as a heading: `Euro (EUR)`."""
    name = str(get_currency_name(currency, locale=context["locale"]))
    return f"{capitalized(name)} ({currency})"


@pass_context
def percent(context: Spoken, share: Decimal) -> str:
    """A share as people say it: `21 %`."""
    return str(format_percent(share, format=None, locale=context["locale"], decimal_quantization=False))


@pass_context
def plain_percent(context: Spoken, share: Decimal) -> str:
    """A share that is given in hundredths already, as offers are: `20 %`."""
    return percent(context, share / 100)


def capitalized(text: str) -> str:
    """With a capital at its beginning, and all else as it was."""
    return text[:1].upper() + text[1:]


@pass_context
def number(context: Spoken, count: int) -> str:
    """A count, grouped."""
    return format_decimal(count, locale=context["locale"])


@pass_context
def spelled(context: Spoken, count: int) -> str:
    """A small count as one writes it in a letter; larger ones in digits."""
    names = _words(context)["numbers"]["spelled"].split()
    return names[count - 1] if 0 < count <= len(names) else str(format_decimal(count, locale=context["locale"]))


@pass_context
def size(context: Spoken, size_bytes: int) -> str:
    """Bytes in decimal units."""
    value, unit = Decimal(size_bytes), 0
    while value >= _STEP and unit < len(_UNITS) - 1:
        value, unit = value / _STEP, unit + 1
    return f"{format_decimal(round(value, 1), locale=context['locale'])}\u00a0{_UNITS[unit]}"


@pass_context
def city(context: Spoken, zone: str) -> str:
    """The place whose clock it is, in words."""
    return str(get_timezone_location(ZoneInfo(zone), locale=context["locale"], return_city=True))


@pass_context
def source(context: Spoken, citation: str) -> str:
    """What a date rests on, short: the citation up to its explanation, in the reader's language."""
    for ours, theirs in _words(context)["citations"].items():
        citation = re.sub(ours, theirs, citation)
    return citation.partition(": ")[0]


@pass_context
def word(context: Spoken, name: str) -> str:
    """A word with fixed spelling as the reader knows it."""
    return _words(context)["words"].get(name, name)


@pass_context
def described(context: Spoken, description: str) -> str:
    """A statement's line: what it begins with in the reader's language, then what it is about, its days as people say.

    The rest stays as the billing system wrote it, for it must be found on the invoice.
    """
    head, _, rest = description.partition(": ")
    known = _words(context)["descriptions"]
    ours = next((name for name in known if f"{head},".startswith(f"{name},")), None)
    if ours is None:
        return _ISO_DAY.sub(lambda found: _short_day(found[0], context["locale"]), description)
    return ": ".join(part for part in (known[ours], described(context, rest) if rest else "") if part)


@pass_context
def listed(context: Spoken, abouts: Sequence[Mapping[str, str]]) -> str:
    """Data sets by what they are, in one sentence; an explanation after a semicolon is left out."""
    names = [about_of(each, context["language"]).partition(";")[0] for each in abouts]
    return str(format_list(names[:1] + [_lowered(name) for name in names[1:]], locale=context["locale"]))


@pass_context
def counted(context: Spoken, used: Sequence[Any], first: Sequence[str] = ()) -> str:
    """What was made with the product, in one sentence: `1.204 órdenes de trabajo y 310 máquinas`; `first` begins it."""
    told = (f"{number(context, each.count)} {about_of(each.tell, context['language'])}" for each in used)
    return str(format_list([part for part in (*first, *told) if part], locale=context["locale"]))


def paper_name(paper: str, language: str) -> str:
    """What the file of a paper is called."""
    return SHIPPED.words(language)["papers"][paper]


def locale_of(language: str, country: str) -> str:
    """The language as that country writes it, where the two go together: `en` in DE is `en_DE`, not `en_US`."""
    try:
        return str(Locale(language, country))
    except UnknownLocaleError:
        return language


def shown(lines: Sequence[StatementLine]) -> Sequence[StatementLine]:
    """The lines of a statement that a mail bears."""
    return lines[:MOST_LINES]


def unshown(lines: Sequence[StatementLine]) -> Sequence[StatementLine]:
    """The rest, of which it bears the number and the sum."""
    return lines[MOST_LINES:]


def too_long(statements: Iterable[Statement]) -> bool:
    """Whether they have more lines than mail and paper together may bear."""
    return sum(len(statement.lines) for statement in statements) > MOST_LINES


def about_of(spoken: Mapping[str, str], language: str) -> str:
    """What a data set is, in this language or in whatever there is."""
    return spoken.get(language) or spoken.get("en") or next(iter(spoken.values()))


def _lowered(name: str) -> str:
    """As it reads within a sentence; an abbreviation (`API keys`) keeps its capitals."""
    return name if name[:2].isupper() else name[:1].lower() + name[1:]


def _short_day(iso: str, locale: str) -> str:
    try:
        return format_date(date.fromisoformat(iso), "medium", locale=locale)
    except ValueError:
        return iso  # looks like a day, but the calendar has none such


def _local(context: Spoken, at: datetime | date) -> date:
    if isinstance(at, datetime):
        return at.astimezone(ZoneInfo(context["zone"])).date()
    return at if isinstance(at, date) else date.fromisoformat(str(at))  # what isn't there says so by its name


def _words(context: Spoken) -> Words:
    return context.get("words") or SHIPPED.words(context["language"])


_PLAIN = (day, last_day, number, size, spelled, city, source, word, described, listed, counted, capitalized)
_OF_LINES = (shown, unshown, too_long)
_OF_MONEY = (money, sums, currency_name, percent, plain_percent)
FILTERS: Mapping[str, Callable[..., Any]] = {made.__name__: made for made in (*_PLAIN, *_OF_MONEY, *_OF_LINES)}
