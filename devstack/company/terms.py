"""When an account's terms began: whole months and years, counted from the day the sample is built."""

from datetime import date, timedelta

from devstack.company.accounts import Account

_MONTHS = 12
LEAP_DAY = (2, 29)


def first_of_month(day: date, shift: int = 0) -> date:
    """The first of the month, so many months away."""
    months = day.year * _MONTHS + day.month - 1 + shift
    return date(months // _MONTHS, months % _MONTHS + 1, 1)


def years_before(day: date, years: int) -> date:
    """The same day so many years ago; 29 February becomes the 28th."""
    is_leap_day = (day.month, day.day) == LEAP_DAY
    return date(day.year - years, day.month, 28 if is_leap_day else day.day)


def term_ends_on(account: Account, anchor: date) -> date | None:
    """When a yearly term ends; a monthly one has no term."""
    days = account.terms.renews_in
    return None if days is None else anchor + timedelta(days=days)


def customer_since(account: Account, anchor: date) -> date:
    """The first paid day, as many full years ago as the terms say."""
    end = term_ends_on(account, anchor)
    if end is not None:
        return years_before(end, account.terms.years + 1)
    return years_before(first_of_month(anchor - timedelta(days=2)), account.terms.years)
