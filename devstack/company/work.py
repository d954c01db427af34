"""The work of an account: clients, their machines, plans, orders, tasks, hours, parts."""

from datetime import datetime, timedelta
from decimal import Decimal

from devstack.company import names
from devstack.company.draft import Draft, Row
from devstack.company.images import tiny_png
from devstack.company.names import words
from devstack.company.reference import FAULTS, minor

_ASSETS_A_CLIENT = 4
_SIGNED = 0.1
_PART_PRICES = (9, 2, 14, 22, 48, 37, 26, 31)  # in euros, in the order of names.PARTS
_RATE = {"EUR": 42, "USD": 55, "JPY": 5200, "KWD": 9}


def add_work(draft: Draft) -> None:
    """Adds everything from the clients down to the time entries, five foreign keys below the account."""
    _add_clients(draft)
    _add_assets(draft)
    if draft.account.size.orders:
        _add_parts(draft)
        for left in range(draft.account.size.orders, 0, -1):
            _add_order(draft, days_ago=left * 540 // draft.account.size.orders)


def _add_clients(draft: Draft) -> None:
    country = draft.account.place.country
    for _ in range(max(1, draft.account.size.assets // _ASSETS_A_CLIENT)):
        name, contact = names.business(draft.rng, country), names.person(draft.rng, country)
        draft.belonging(
            "client",
            name=name,
            contact=contact,
            email=f"{names.mailbox(contact)}@{''.join(filter(str.isascii, name.split()[0].lower()))}.example",
            phone=f"555-01{draft.rng.randrange(100):02}",
        )


def _add_assets(draft: Draft) -> None:
    language, rng = draft.account.place.language, draft.rng
    for _ in range(draft.account.size.assets):
        asset = draft.add(
            "asset",
            id=draft.opaque("ass"),
            client_id=rng.choice(draft.rows["client"])["id"],
            name=f"{rng.choice(words(names.MACHINES[language]))} {rng.choice(names.MAKES)}",
            serial=f"{rng.getrandbits(36):09X}",
            installed_on=draft.today - timedelta(days=rng.randrange(200, 5000)),
            specification={"kw": rng.randrange(3, 90), "volts": rng.choice([230, 400]), "refrigerant": None},
        )
        if draft.account.size.orders:
            _add_plan(draft, asset)


def _add_plan(draft: Draft, asset: Row) -> None:
    months = draft.rng.choice([3, 6, 12])
    draft.add(
        "maintenance_plan",
        id=draft.opaque("mai"),
        asset_id=asset["id"],
        name=f"{words(names.JOBS[draft.account.place.language])[0]} / {months}",
        every_months=months,
        next_due_on=draft.anchor + timedelta(days=draft.rng.randrange(5, 30 * months)),
    )


def _add_parts(draft: Draft) -> None:
    for index, name in enumerate(words(names.PARTS[draft.account.place.language])):
        draft.belonging(
            "part",
            sku=f"R-{1000 + 7 * index}",
            name=name,
            price=_money(draft, _PART_PRICES[index] * _RATE[draft.account.terms.currency] // _RATE["EUR"]),
            stock=Decimal(draft.rng.randrange(8, 900)) / 4,
        )


def _add_order(draft: Draft, days_ago: int) -> None:
    rng, number = draft.rng, next(draft.counters["work_order"])
    opened, done = draft.working_hour(days_ago), days_ago >= rng.randrange(12)
    hours = _hours(draft, opened)
    last = hours[-1]
    draft.rows["work_order"].append(
        {
            "id": number,
            "asset_id": rng.choice(draft.rows["asset"])["id"],
            "site_id": rng.choice(draft.rows["site"])["id"],
            "opened_by": rng.choice(draft.rows["app_user"])["id"],
            "fault_code": rng.choice(FAULTS)[0],
            "title": rng.choice(words(names.JOBS[draft.account.place.language])),
            "status": "closed" if done else "open",
            "estimate": _money(draft, rng.randrange(2, 30) * _RATE[draft.account.terms.currency]),
            "opened_at": opened,
            "closed_at": last["started_at"] + timedelta(minutes=last["minutes"]) if done else None,
            "signature_png": tiny_png(rng.getrandbits(24), 8) if done and rng.random() < _SIGNED else None,
        }
    )
    _add_part_uses(draft, number)
    _add_tasks(draft, number, hours, done=done)


def _hours(draft: Draft, opened: datetime) -> list[Row]:
    rng, rate, started = draft.rng, _money(draft, _RATE[draft.account.terms.currency]), opened
    entries = []
    for _ in range(rng.randrange(2, 7)):
        user, minutes = rng.choice(draft.rows["app_user"])["id"], rng.randrange(1, 16) * 5
        entries.append({"user_id": user, "started_at": started, "minutes": minutes, "rate": rate})
        started += timedelta(minutes=minutes)
    return entries


def _add_part_uses(draft: Draft, order: int) -> None:
    rng = draft.rng
    for part in rng.sample(draft.rows["part"], rng.choice((0, 1, 1, 2))):
        quantity = Decimal(rng.randrange(1, 13)) / 4
        draft.rows["part_use"].append(
            {"work_order_id": order, "part_id": part["id"], "quantity": quantity, "price": part["price"]}
        )


def _add_tasks(draft: Draft, order: int, hours: list[Row], *, done: bool) -> None:
    """The first task is the parent of the others; hours are spread over them in order."""
    titles = words(names.STEPS[draft.account.place.language])[: draft.rng.randrange(1, 6)]
    numbers = [next(draft.counters["task"]) for _ in titles]
    for number, title in zip(numbers, titles, strict=True):
        parent = None if number == numbers[0] else numbers[0]
        draft.rows["task"].append(
            {"id": number, "work_order_id": order, "parent_id": parent, "title": title, "done": done}
        )
    for position, entry in enumerate(hours):
        task = numbers[position * len(numbers) // len(hours)]
        draft.rows["time_entry"].append({"id": next(draft.counters["time_entry"]), "task_id": task, **entry})


def _money(draft: Draft, units: int) -> Decimal:
    return Decimal(units).quantize(minor(draft.account.terms.currency))
