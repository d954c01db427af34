"""What a goodbye leaves behind: offers, the suppression list, anonymous answers, returns."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "offer",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("case", sa.String, nullable=False, unique=True),
        sa.Column("account", sa.String, nullable=False, index=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("terms", sa.JSON, nullable=False),
        sa.Column("citation", sa.String, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("answer", sa.String),
        sa.Column("answered_at", INSTANT),
        sa.Column("kept_at", INSTANT),
        sa.Column("kept_by", sa.String),
    )
    op.create_table(
        "suppression",
        sa.Column("digest", sa.String, primary_key=True),
        sa.Column("ground", sa.String, nullable=False),
        sa.Column("since", sa.Date, nullable=False),
    )
    op.create_table(
        "survey_answer",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("cohort", sa.String, nullable=False, index=True),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("change", sa.String, nullable=False),
        sa.Column("leaving", sa.Integer, nullable=False),
        sa.Column("back", sa.String, nullable=False),
        sa.Column("comment", sa.String),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "survey_form",
        sa.Column("digest", sa.String, primary_key=True),
        sa.Column("cohort", sa.String, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "returned",
        sa.Column("case", sa.String, primary_key=True),
        sa.Column("account", sa.String, nullable=False, index=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("restored", sa.Boolean, nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("the suppression list is never dropped")
