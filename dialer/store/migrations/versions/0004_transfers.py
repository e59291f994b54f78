"""Transfers that dial out.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dialer.store.types import BigId, UTCDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "transfers",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("attempt_id", sa.String(64), nullable=False),
        sa.Column("campaign_id", BigId, nullable=False),
        sa.Column("number", sa.String(16)),
        sa.Column("agent_id", sa.String(32), nullable=False),
        sa.Column("node", sa.String(64), nullable=False),
        sa.Column("trunk", sa.Text(), nullable=False),
        sa.Column("caller_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text()),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("sent_at", UTCDateTime()),
        sa.Column("answered_at", UTCDateTime()),
        sa.Column("joined_at", UTCDateTime()),
        sa.Column("ended_at", UTCDateTime()),
        sa.Column("cause", sa.String(16)),
        sa.Column("because", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name=op.f("fk_transfers_attempt_id")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_transfers_campaign_id")),
    )
    op.create_index(op.f("ix_transfers_attempt_id"), "transfers", ["attempt_id"])
    op.create_index(op.f("ix_transfers_number_opened_at"), "transfers", ["number", "opened_at"])
    op.create_index("ix_transfers_open", "transfers", ["node"], postgresql_where=_OPEN, sqlite_where=_OPEN)


def downgrade() -> None:
    op.drop_table("transfers")
