"""What is imported and what the built-in systems keep: accounts, users, money."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
MONEY = sa.Numeric(18, 3).with_variant(sa.String(24), "sqlite")
NUMBER = sa.Numeric(18, 6).with_variant(sa.String(24), "sqlite")


def upgrade() -> None:
    _accounts()
    _identities()
    _billing()


def downgrade() -> None:
    raise NotImplementedError("there is nothing before the first tables")


def _accounts() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("timezone", sa.String, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("jurisdiction", sa.String, nullable=False),
        sa.Column("manager", sa.String, nullable=False),
        sa.Column("customer_since", sa.Date, nullable=False),
        sa.Column("yearly_value", MONEY, nullable=False),
        sa.Column("product_root_key", sa.String, nullable=False),
        sa.Column("billing_id", sa.String),
        sa.Column("erased_at", INSTANT),
    )
    op.create_table(
        "contact",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("account", sa.String, sa.ForeignKey("account.id"), nullable=False, index=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("email", sa.String),
        sa.Column("phone", sa.String),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("timezone", sa.String, nullable=False),
        sa.Column("hours_from", sa.Integer),
        sa.Column("hours_to", sa.Integer),
        sa.Column("come_back", sa.Boolean, nullable=False),
        sa.Column("hear_of_products", sa.Boolean, nullable=False),
        sa.Column("would_recommend", sa.Boolean, nullable=False),
        sa.Column("opted_out", sa.Boolean, nullable=False),
    )
    op.create_table(
        "contract",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("account", sa.String, sa.ForeignKey("account.id"), nullable=False, index=True),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("started_on", sa.Date, nullable=False),
        sa.Column("term_ends_on", sa.Date),
        sa.Column("notice_days", sa.Integer),
        sa.Column("notice_months", sa.Integer),
        sa.Column("notice_ends", sa.String, nullable=False),
        sa.Column("renews", sa.Boolean, nullable=False),
        sa.Column("renewal_months", sa.Integer, nullable=False),
        sa.Column("part_of", sa.String, index=True),
        sa.Column("early_termination", MONEY),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("ends_at", INSTANT),
        sa.Column("ended_at", INSTANT),
        sa.Column("ended_by", sa.String),
        sa.Column("erase_clause", sa.String),
        sa.Column("signatories", sa.JSON, nullable=False),
    )
    op.create_table(
        "account_state",
        sa.Column("account", sa.String, sa.ForeignKey("account.id"), primary_key=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("changed_at", INSTANT),
        sa.Column("changed_by", sa.String),
    )
    op.create_table(
        "blocking_fact",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("account", sa.String, sa.ForeignKey("account.id"), nullable=False, index=True),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("fix", sa.String, nullable=False),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("roles", sa.JSON, nullable=False),
    )


def _identities() -> None:
    op.create_table(
        "user",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("account", sa.String, sa.ForeignKey("account.id"), nullable=False, index=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("export_contact", sa.Boolean, nullable=False),
        sa.Column("deactivated_by", sa.String),
        sa.Column("was_deactivated_by", sa.String),
    )
    op.create_table(
        "group",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("account", sa.String, sa.ForeignKey("account.id"), nullable=False, index=True),
        sa.Column("name", sa.String, nullable=False),
    )
    op.create_table(
        "membership",
        sa.Column("group", sa.String, sa.ForeignKey("group.id"), primary_key=True),
        sa.Column("user", sa.String, sa.ForeignKey("user.id"), primary_key=True),
        sa.Column("taken_by", sa.String),
        sa.Column("was_taken_by", sa.String),
    )
    op.create_table(
        "credential",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("account", sa.String, sa.ForeignKey("account.id"), nullable=False, index=True),
        sa.Column("kind", sa.String, nullable=False, index=True),
        sa.Column("label", sa.String, nullable=False),
        sa.Column("owner", sa.String),
        sa.Column("gated_by", sa.String),
        sa.Column("gated_at", INSTANT),
        sa.Column("was_gated_by", sa.String),
        sa.Column("planted_by", sa.String),
        sa.Column("token_sha256", sa.String),
    )
    op.create_table(
        "shared_asset",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("account", sa.String, sa.ForeignKey("account.id"), nullable=False, index=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("label", sa.String, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("successor", sa.String),
        sa.Column("handed_by", sa.String),
        sa.Column("was_handed_by", sa.String),
    )
    op.create_table(
        "scim_mark",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("account", sa.String, sa.ForeignKey("account.id"), primary_key=True, index=True),
        sa.Column("user", sa.String, primary_key=True),
        sa.Column("group", sa.String, primary_key=True),
        sa.Column("undone", sa.Boolean, nullable=False),
    )


def _billing() -> None:
    op.create_table(
        "subscription",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("account", sa.String, sa.ForeignKey("account.id"), nullable=False, index=True),
        sa.Column("contract", sa.String),
        sa.Column("description", sa.String, nullable=False),
        sa.Column("currency", sa.String, nullable=False),
        sa.Column("interval", sa.String, nullable=False),
        sa.Column("price", MONEY, nullable=False),
        sa.Column("quantity", NUMBER, nullable=False),
        sa.Column("tax_rate", NUMBER, nullable=False),
        sa.Column("discount", NUMBER, nullable=False),
        sa.Column("minimum", MONEY),
        sa.Column("period_start", INSTANT, nullable=False),
        sa.Column("period_end", INSTANT, nullable=False),
        sa.Column("usage_since", INSTANT),
        sa.Column("ends_at", INSTANT),
    )
    op.create_table(
        "charge_order",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("account", sa.String, sa.ForeignKey("account.id"), nullable=False, index=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
    )
    op.create_table(
        "invoice",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("account", sa.String, sa.ForeignKey("account.id"), nullable=False, index=True),
        sa.Column("number", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("description", sa.String, nullable=False),
        sa.Column("currency", sa.String, nullable=False),
        sa.Column("total", MONEY, nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("service_start", INSTANT),
        sa.Column("service_end", INSTANT),
        sa.Column("made_by", sa.String, unique=True),
    )
    op.create_table(
        "invoice_line",
        sa.Column("invoice", sa.String, sa.ForeignKey("invoice.id"), primary_key=True),
        sa.Column("account", sa.String, sa.ForeignKey("account.id"), nullable=False, index=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("description", sa.String, nullable=False),
        sa.Column("net", MONEY, nullable=False),
        sa.Column("tax", MONEY, nullable=False),
        sa.Column("tax_rate", NUMBER, nullable=False),
    )
    op.create_table(
        "payment",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("account", sa.String, sa.ForeignKey("account.id"), nullable=False, index=True),
        sa.Column("invoice", sa.String, sa.ForeignKey("invoice.id"), nullable=False, index=True),
        sa.Column("currency", sa.String, nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("paid_at", INSTANT, nullable=False),
    )
    op.create_table(
        "counter_document",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("account", sa.String, sa.ForeignKey("account.id"), nullable=False, index=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("description", sa.String, nullable=False),
        sa.Column("currency", sa.String, nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("tax", MONEY, nullable=False),
        sa.Column("tax_rate", NUMBER, nullable=False),
        sa.Column("invoice", sa.String, sa.ForeignKey("invoice.id")),
        sa.Column("payment", sa.String, sa.ForeignKey("payment.id")),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("made_by", sa.String, nullable=False, unique=True),
    )
    op.create_table(
        "usage",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("account", sa.String, sa.ForeignKey("account.id"), nullable=False, index=True),
        sa.Column("description", sa.String, nullable=False),
        sa.Column("currency", sa.String, nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("tax", MONEY, nullable=False),
        sa.Column("tax_rate", NUMBER, nullable=False),
        sa.Column("used_at", INSTANT, nullable=False),
        sa.Column("invoice", sa.String, sa.ForeignKey("invoice.id")),
    )
    op.create_table(
        "balance",
        sa.Column("account", sa.String, sa.ForeignKey("account.id"), primary_key=True),
        sa.Column("currency", sa.String, primary_key=True),
        sa.Column("credit", MONEY, nullable=False),
    )
