"""How long a person waited for an agent, and who pressed the key.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dialer.store.types import UTCDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ANSWERED = sa.text("answered_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("attempts", sa.Column("greeting_ms", sa.Integer()))
    op.add_column("attempts", sa.Column("waited_ms", sa.Integer()))
    op.add_column("attempts", sa.Column("opted_out_at", UTCDateTime()))
    op.create_index(
        "ix_attempts_answered",
        "attempts",
        ["campaign_id", "opened_at"],
        postgresql_where=_ANSWERED,
        sqlite_where=_ANSWERED,
    )


def downgrade() -> None:
    op.drop_index("ix_attempts_answered", "attempts")
    for name in ("opted_out_at", "waited_ms", "greeting_ms"):
        op.drop_column("attempts", name)
