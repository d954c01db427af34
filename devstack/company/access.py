"""Who gets in at an account: sites, users, teams, sessions, keys, hooks, schedules, integrations."""

from datetime import timedelta
from hashlib import sha256

from devstack.company import names
from devstack.company.draft import Draft, Row
from devstack.company.images import tiny_png
from devstack.company.names import words
from devstack.company.terms import customer_since

_ROLES = ("technician", "technician", "technician", "planner", "foreman")
_DEVICES = ("Android app", "iPhone app", "Chrome on Windows", "Firefox on Linux", "Safari on macOS")
_BIG, _MEDIUM, _SMALL = 30, 10, 3


def add_access(draft: Draft) -> None:
    """Adds the account and all that lets somebody in; never a secret, only digests."""
    _add_account(draft)
    _add_sites(draft)
    _add_users(draft)
    _add_teams(draft)
    _add_sessions(draft)
    _add_machines(draft)


def digest(draft: Draft) -> bytes:
    """The SHA-256 of a secret that nobody knows."""
    return sha256(draft.rng.randbytes(32)).digest()


def _add_account(draft: Draft) -> None:
    account, place, terms = draft.account, draft.account.place, draft.account.terms
    draft.add(
        "account",
        id=account.id,
        name=account.name,
        trade=account.trade,
        city=place.city,
        country=place.country,
        currency=terms.currency,
        plan=terms.plan,
        timezone=place.timezone,
        language=place.language,
        seats=terms.seats,
        settings={
            "mail_domain": account.domain,
            "single_sign_on": {"kind": "saml", "provision": "scim"} if account.sso else None,
            "week_starts": "sunday" if place.country in {"US", "KW", "JP"} else "monday",
        },
        logo_png=tiny_png(draft.rng.getrandbits(24), 16) if terms.plan != "taller" else None,
        created_at=draft.midnight(customer_since(account, draft.anchor) - timedelta(days=30)) + timedelta(hours=10),
    )


def _add_sites(draft: Draft) -> None:
    place = draft.account.place
    for index in range(draft.account.size.sites):
        draft.belonging(
            "site",
            name=place.city if index == 0 else f"{place.city} {index + 1}",
            address=names.address(draft.rng, place.country),
            country=place.country,
            opening_hours={"mon-fri": ["07:30", "17:30"], "sat": ["08:00", "13:00"] if index == 0 else []},
            inbound_mail=f"{draft.account.id}-{index + 1}@in.bancada.example"
            if draft.account.size.users >= _MEDIUM
            else None,
        )


def _add_users(draft: Draft) -> None:
    account = draft.account
    named = [account.main.name, *([account.billing.name] if account.billing else [])]
    taken: set[str] = set()
    for index in range(account.size.users):
        name = named[index] if index < len(named) else names.person(draft.rng, account.place.country)
        role = ("owner", "billing")[index] if index < len(named) else draft.rng.choice(_ROLES)
        draft.belonging(
            "app_user",
            site_id=draft.rng.choice(draft.rows["site"])["id"],
            name=name,
            email=_free(names.mailbox(name), account.domain, taken),
            role=role,
            active=index < len(named) or draft.rng.random() < 0.93,  # noqa: PLR2004  some have left already
            created_at=draft.rows["account"][0]["created_at"]
            if index < len(named)
            else draft.recent(25 + 300 * account.terms.years),
            last_seen_at=draft.recent(20),
        )


def _free(mailbox: str, domain: str, taken: set[str]) -> str:
    number = 1
    address = f"{mailbox}@{domain}"
    while address in taken:
        number += 1
        address = f"{mailbox}{number}@{domain}"
    taken.add(address)
    return address


def _add_teams(draft: Draft) -> None:
    if draft.account.size.users < _SMALL:
        return
    users: list[Row] = draft.rows["app_user"]
    for site in draft.rows["site"]:
        for name in words(names.TEAMS[draft.account.place.language])[: 1 + len(users) // _MEDIUM]:
            team = draft.add("team", id=draft.opaque("tea"), site_id=site["id"], name=name)
            members = [user for user in users if user["site_id"] == site["id"] and draft.rng.random() < 0.5]  # noqa: PLR2004
            for position, user in enumerate(members):
                draft.add("team_member", team_id=team["id"], user_id=user["id"], lead=position == 0)


def _add_sessions(draft: Draft) -> None:
    for user in draft.rows["app_user"]:
        for _ in range(1 + draft.rng.randrange(2) * (draft.account.size.users > 1)):
            created = draft.recent(25)
            draft.add(
                "session",
                id=draft.opaque("ses"),
                user_id=user["id"],
                device=draft.rng.choice(_DEVICES),
                ip=f"203.0.113.{draft.rng.randrange(1, 255)}",
                token_sha256=digest(draft),
                created_at=created,
                expires_at=created + timedelta(days=30),
            )


def _add_machines(draft: Draft) -> None:
    users = draft.account.size.users
    if users < _SMALL:
        return
    _add_keys(draft, ["ERP", "Power BI", "Telematics"][: 1 + (users >= _MEDIUM) + (users >= _BIG)])
    draft.belonging(
        "report_schedule",
        name="Lunes: trabajos abiertos" if draft.account.place.language == "es" else "Monday: open jobs",
        cron="0 7 * * 1",
        recipients=[draft.rows["app_user"][0]["email"]],
    )
    if users >= _MEDIUM:
        _add_connections(draft)


def _add_keys(draft: Draft, uses: list[str]) -> None:
    for name in uses:
        draft.belonging(
            "api_key",
            created_by=draft.rows["app_user"][0]["id"],
            name=name,
            prefix=f"bk_{draft.rng.getrandbits(20):05x}",
            key_sha256=digest(draft),
            scopes=["work_orders:read", "assets:read"],
            created_at=draft.recent(400),
            last_used_at=draft.recent(3),
        )


def _add_connections(draft: Draft) -> None:
    domain = draft.account.domain
    draft.belonging(
        "service_account", name="erp-sync", purpose="work orders to the ERP, hourly", created_at=draft.recent(500)
    )
    draft.belonging(
        "webhook",
        url=f"https://erp.{domain}/hooks/bancada",
        events=["work_order.closed", "invoice.issued"],
        secret_sha256=digest(draft),
        active=True,
    )
    draft.belonging(
        "integration",
        provider="Microsoft 365" if draft.account.sso else "Google Calendar",
        scopes=["calendar.readwrite"],
        sealed_token=draft.rng.randbytes(48),
        connected_at=draft.recent(500),
    )
