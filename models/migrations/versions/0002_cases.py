"""What Farewell itself writes: cases, messages, and the ledger that nobody may change."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _cases()
    _messages()
    _ledger()


def downgrade() -> None:
    raise NotImplementedError("the ledger is never dropped")


def _cases() -> None:
    op.create_table(
        "case",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("account", sa.String, nullable=False, index=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("mode", sa.String, nullable=False),
        sa.Column("stage", sa.String, nullable=False),
        sa.Column("manager", sa.String, nullable=False),
        sa.Column("workflow_id", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("effective_date", INSTANT),
        sa.Column("ended_at", INSTANT),
        sa.Column("state", sa.JSON, nullable=False),
    )
    running = sa.text("ended_at IS NULL")
    op.create_index(
        "one_open_case_an_account", "case", ["account"], unique=True, sqlite_where=running, postgresql_where=running
    )
    op.create_table(
        "plan",
        sa.Column("case", sa.String, primary_key=True),
        sa.Column("hash", sa.String, primary_key=True),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("plan", sa.JSON, nullable=False),
    )
    op.create_table(
        "policy",
        sa.Column("sha256", sa.String, primary_key=True),
        sa.Column("version", sa.String, nullable=False),
        sa.Column("kept_at", INSTANT, nullable=False),
        sa.Column("policy", sa.JSON, nullable=False),
    )
    op.create_table(
        "decision",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("case", sa.String, nullable=False, index=True),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
    )
    op.create_table(
        "note",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("account", sa.String, nullable=False, index=True),
        sa.Column("text", sa.String, nullable=False),
    )
    op.create_table(
        "document",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("case", sa.String, nullable=False, index=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
    )
    op.create_table(
        "hold",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("account", sa.String, nullable=False, index=True),
        sa.Column("ground", sa.String, nullable=False),
        sa.Column("data_sets", sa.JSON, nullable=False),
        sa.Column("placed_by", sa.String, nullable=False),
        sa.Column("placed_at", INSTANT, nullable=False),
        sa.Column("confirmed_by", sa.String),
        sa.Column("release_asked_by", sa.String),
        sa.Column("released_by", sa.String),
        sa.Column("released_at", INSTANT),
    )


def _messages() -> None:
    op.create_table(
        "message",
        sa.Column("message_id", sa.String, primary_key=True),
        sa.Column("case", sa.String, nullable=False, index=True),
        sa.Column("account", sa.String, nullable=False, index=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("recipient", sa.String),
        sa.Column("sender", sa.String),
        sa.Column("subject", sa.String),
        sa.Column("text", sa.String),
        sa.Column("html", sa.String),
        sa.Column("attachments", sa.JSON),
        sa.Column("marketing", sa.Boolean, nullable=False),
        sa.Column("unsubscribe", sa.String),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("why", sa.String, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("leaving_at", INSTANT),
        sa.Column("heard", sa.String),
        sa.Column("heard_at", INSTANT),
        sa.Column("sent_at", INSTANT),
    )
    op.create_table(
        "follow_up_contact",
        sa.Column("case", sa.String, primary_key=True),
        sa.Column("account", sa.String, nullable=False, index=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("email", sa.String),
        sa.Column("phone", sa.String),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("timezone", sa.String, nullable=False),
        sa.Column("hours_from", sa.Integer),
        sa.Column("hours_to", sa.Integer),
        sa.Column("country", sa.String, nullable=False),
        sa.Column("account_name", sa.String, nullable=False),
        sa.Column("signed_by", sa.String, nullable=False),
        sa.Column("customer_since", sa.Date, nullable=False),
        sa.Column("come_back", sa.Boolean, nullable=False),
    )


def _ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("case", sa.String, primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("stage", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("input_hmac", sa.String, nullable=False),
        sa.Column("output_hmac", sa.String, nullable=False),
        sa.Column("prev_sha256", sa.String, nullable=False),
        sa.Column("entry_sha256", sa.String, nullable=False),
        sa.Column("workflow", sa.String),
        sa.Column("run", sa.String),
        sa.Column("activity", sa.String),
        sa.UniqueConstraint("workflow", "run", "activity", "attempt"),
    )
    _append_only()


def _append_only() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'restrict_violation'; END $$"
        )
        op.execute(
            "CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER ledger_refuses_{change.lower()} BEFORE {change} ON ledger "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        )
    op.execute(
        "CREATE TRIGGER ledger_refuses_replacement BEFORE INSERT ON ledger WHEN EXISTS ("  # fires no trigger on DELETE
        'SELECT 1 FROM ledger WHERE ("case" = NEW."case" AND seq = NEW.seq) OR (workflow = NEW.workflow'
        " AND run = NEW.run AND activity = NEW.activity AND attempt = NEW.attempt)"
        ") BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
    )
