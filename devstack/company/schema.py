"""The database of Bancada, the sample product: 26 tables that belong to an `account`, 7 shared ones."""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Integer, LargeBinary, MetaData, Table, Text

from devstack.company.columns import amount, at, document, key, number, owner, reference, text

metadata = MetaData()

# Shared by all accounts: never exported, never erased.
currency = Table(
    "currency", metadata, Column("code", Text, primary_key=True), text("name"), Column("minor_units", Integer)
)
country = Table("country", metadata, Column("code", Text, primary_key=True), text("name"), Column("in_eu", Boolean))
plan = Table("plan", metadata, Column("code", Text, primary_key=True), text("name"), document("features"))
plan_price = Table(
    "plan_price",
    metadata,
    Column("plan", ForeignKey("plan.code"), primary_key=True),
    Column("currency", ForeignKey("currency.code"), primary_key=True),
    amount("seat_month"),
)
meter = Table("meter", metadata, Column("code", Text, primary_key=True), text("name"), Column("billed", Boolean))
meter_price = Table(
    "meter_price",
    metadata,
    Column("meter", ForeignKey("meter.code"), primary_key=True),
    Column("currency", ForeignKey("currency.code"), primary_key=True),
    amount("unit"),
)
fault_code = Table(
    "fault_code",
    metadata,
    Column("code", Text, primary_key=True),
    Column("parent", ForeignKey("fault_code.code"), nullable=True),
    text("name_es"),
    text("name_en"),
)

# The account and who gets in.
account = Table(
    "account",
    metadata,
    key(),
    text("name"),
    text("trade"),
    text("city"),
    reference("country"),
    reference("currency"),
    reference("plan"),
    text("timezone"),
    text("language"),
    Column("seats", Integer, nullable=False),
    document("settings"),
    Column("logo_png", LargeBinary, nullable=True),
    at("created_at"),
)
site = Table(
    "site",
    metadata,
    key(),
    owner("account"),
    text("name"),
    text("address"),
    reference("country"),
    document("opening_hours"),
    text("inbound_mail", nullable=True),
)
app_user = Table(
    "app_user",
    metadata,
    key(),
    owner("account"),
    owner("site"),
    text("name"),
    text("email"),
    text("role"),
    Column("active", Boolean, nullable=False),
    at("created_at"),
    at("last_seen_at", nullable=True),
)
team = Table("team", metadata, key(), owner("site"), text("name"))
team_member = Table(
    "team_member",
    metadata,
    Column("team_id", ForeignKey("team.id"), primary_key=True),
    Column("user_id", ForeignKey("app_user.id"), primary_key=True, index=True),
    Column("lead", Boolean, nullable=False),
)
session = Table(
    "session",
    metadata,
    key(),
    owner("app_user", "user_id"),
    text("device"),
    text("ip"),
    Column("token_sha256", LargeBinary, nullable=False),
    at("created_at"),
    at("expires_at"),
)
api_key = Table(
    "api_key",
    metadata,
    key(),
    owner("account"),
    owner("app_user", "created_by"),
    text("name"),
    text("prefix"),
    Column("key_sha256", LargeBinary, nullable=False),
    document("scopes"),
    at("created_at"),
    at("last_used_at", nullable=True),
)
service_account = Table(
    "service_account", metadata, key(), owner("account"), text("name"), text("purpose"), at("created_at")
)
webhook = Table(
    "webhook",
    metadata,
    key(),
    owner("account"),
    text("url"),
    document("events"),
    Column("secret_sha256", LargeBinary, nullable=False),
    Column("active", Boolean, nullable=False),
)
report_schedule = Table(
    "report_schedule",
    metadata,
    key(),
    owner("account"),
    text("name"),
    text("cron"),
    document("recipients"),
)
integration = Table(
    "integration",
    metadata,
    key(),
    owner("account"),
    text("provider"),
    document("scopes"),
    Column("sealed_token", LargeBinary, nullable=False),
    at("connected_at"),
)

# The work.
client = Table("client", metadata, key(), owner("account"), text("name"), text("contact"), text("email"), text("phone"))
asset = Table(
    "asset",
    metadata,
    key(),
    owner("client"),
    text("name"),
    text("serial"),
    Column("installed_on", Date, nullable=False),
    document("specification"),
)
maintenance_plan = Table(
    "maintenance_plan",
    metadata,
    key(),
    owner("asset"),
    text("name"),
    Column("every_months", Integer, nullable=False),
    Column("next_due_on", Date, nullable=False),
)
work_order = Table(
    "work_order",
    metadata,
    number(),
    owner("asset"),
    owner("site"),
    owner("app_user", "opened_by"),
    reference("fault_code"),
    text("title"),
    text("status"),
    amount("estimate"),
    at("opened_at"),
    at("closed_at", nullable=True),
    Column("signature_png", LargeBinary, nullable=True),
)
task = Table(
    "task",
    metadata,
    number(),
    owner("work_order"),
    owner("task", "parent_id", nullable=True),
    text("title"),
    Column("done", Boolean, nullable=False),
)
time_entry = Table(
    "time_entry",
    metadata,
    number(),
    owner("task"),
    owner("app_user", "user_id"),
    at("started_at"),
    Column("minutes", Integer, nullable=False),
    amount("rate"),
)
part = Table("part", metadata, key(), owner("account"), text("sku"), text("name"), amount("price"), amount("stock"))
part_use = Table(
    "part_use",
    metadata,
    Column("work_order_id", ForeignKey("work_order.id"), primary_key=True),
    Column("part_id", ForeignKey("part.id"), primary_key=True, index=True),
    amount("quantity"),
    amount("price"),
)
attachment = Table(
    "attachment",
    metadata,
    key(),
    owner("account"),
    owner("work_order", nullable=True),
    text("bucket_key"),
    text("content_type"),
    Column("size_bytes", Integer, nullable=False),
    text("sha256"),
    at("uploaded_at"),
)

# The money: what Bancada charges the account. An invoice names its buyer, so it stands when the account is gone.
subscription = Table(
    "subscription",
    metadata,
    key(),
    owner("account"),
    reference("plan"),
    text("interval"),
    Column("seats", Integer, nullable=False),
    amount("net"),
    amount("tax"),
    reference("currency"),
    Column("started_on", Date, nullable=False),
    Column("renews_on", Date, nullable=False),
)
invoice = Table(
    "invoice",
    metadata,
    key(),
    owner("account"),
    text("number"),
    text("kind"),
    text("description"),
    document("buyer"),
    reference("currency"),
    amount("net"),
    amount("tax"),
    amount("total"),
    at("issued_at"),
    at("due_at"),
    at("service_start"),
    at("service_end"),
)
invoice_line = Table(
    "invoice_line",
    metadata,
    key(),
    owner("invoice"),
    text("description"),
    amount("quantity"),
    amount("unit_price"),
    amount("net"),
)
payment = Table(
    "payment",
    metadata,
    key(),
    owner("invoice"),
    text("method"),
    amount("amount"),
    reference("currency"),
    at("paid_at"),
)
credit_note = Table(
    "credit_note",
    metadata,
    key(),
    owner("account"),
    text("reason"),
    amount("amount"),
    reference("currency"),
    at("issued_at"),
)
usage_event = Table(
    "usage_event",
    metadata,
    number(),
    owner("account"),
    reference("meter"),
    Column("quantity", Integer, nullable=False),
    text("app"),
    at("occurred_at"),
)
