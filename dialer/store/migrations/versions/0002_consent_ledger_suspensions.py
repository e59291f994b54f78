"""Consent with its proof, a ledger that is chained, suspensions, and do-not-call by brand and channel.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from dialer.store.types import BigId, Json, UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_HAS_NODE = "node IS NOT NULL"
_CALLBACK = "callback_at IS NOT NULL"
_LEAD_INDEXES = (
    ("ix_leads_callback", ["callback_at"], _CALLBACK),
    ("ix_leads_campaign_id_status", ["campaign_id", "status"], None),
    ("ix_leads_claim", ["campaign_id", "priority DESC", "personal DESC", "next_at", "id"], "status = 'new'"),
    ("ix_leads_due", ["campaign_id", "next_at"], "status = 'new' AND personal >= 0"),
    ("ix_leads_held", ["node"], _HAS_NODE),
    ("ix_leads_list_id", ["list_id"], None),
)
_SCOPES = {"company": ["number"], "campaign": ["number", "campaign_id"]}
_NEW_SCOPES = {"brand": ["number", "brand"], "channel": ["number", "channel"]}


def upgrade() -> None:
    with op.batch_alter_table("installation") as table:
        table.add_column(sa.Column("secret", sa.String(64)))
    op.execute(sa.text("UPDATE installation SET secret = :secret").bindparams(secret=secrets.token_hex(32)))
    with op.batch_alter_table("installation") as table:
        table.alter_column("secret", existing_type=sa.String(64), nullable=False)

    op.create_table(
        "consents",
        sa.Column("id", BigId, nullable=False),
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("purpose", sa.Text()),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("by", sa.String(32), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("expires", UTCDateTime()),
        sa.Column("added_at", UTCDateTime(), nullable=False),
        sa.Column("withdrawn_at", UTCDateTime()),
        sa.Column("withdrawn_by", sa.String(32)),
        sa.Column("withdrawn_because", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
        sa.CheckConstraint(
            "kind IN ('express', 'written', 'appointment', 'contract', 'night')", name=op.f("ck_consents_kind")
        ),
    )
    op.create_index(op.f("ix_consents_number"), "consents", ["number"])
    op.execute(
        """INSERT INTO consents (number, kind, source, proof, "by", since, added_at)
        SELECT n.number, l.consent, 'import', 'list ' || COALESCE(CAST(l.list_id AS TEXT), '-'), 'import',
        l.created_at, l.created_at FROM leads l JOIN lead_numbers n ON n.lead_id = l.id WHERE l.consent <> 'none'"""
    )
    subject = sa.Column("subject", sa.Text())
    _without_lead_indexes(lambda: _swap("leads", drop="consent", check="ck_leads_consent", add=subject))
    with op.batch_alter_table("attempts") as table:
        table.add_column(sa.Column("subject", sa.Text()))

    with op.batch_alter_table("decisions") as table:
        table.alter_column("number", existing_type=sa.String(16), nullable=True)
        for column in (
            sa.Column("salt", sa.String(32)),
            sa.Column("number_digest", sa.String(64)),
            sa.Column("clocks", Json),
            sa.Column("inputs", Json),
            sa.Column("digest", sa.String(64)),
        ):
            table.add_column(column)
    op.create_table(
        "decision_seals",
        sa.Column("id", BigId, nullable=False),
        sa.Column("first_id", BigId, nullable=False),
        sa.Column("last_id", BigId, nullable=False),
        sa.Column("count", BigId, nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_seals")),
        sa.UniqueConstraint("first_id", name=op.f("uq_decision_seals_first_id")),
        sa.UniqueConstraint("last_id", name=op.f("uq_decision_seals_last_id")),
    )
    op.create_table(
        "suspensions",
        sa.Column("id", BigId, nullable=False),
        sa.Column("area", sa.String(16), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("starts_at", UTCDateTime(), nullable=False),
        sa.Column("ends_at", UTCDateTime()),
        sa.Column("set_by", sa.String(32), nullable=False),
        sa.Column("set_at", UTCDateTime(), nullable=False),
        sa.Column("lifted_at", UTCDateTime()),
        sa.Column("lifted_by", sa.String(32)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspensions")),
        sa.CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name=op.f("ck_suspensions_span")),
    )
    op.create_table(
        "erasures",
        sa.Column("id", BigId, nullable=False),
        sa.Column("number_hash", sa.String(64), nullable=False),
        sa.Column("by", sa.String(32), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("what", Json, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index(op.f("ix_erasures_number_hash"), "erasures", ["number_hash"])

    _drop_scope_indexes(_SCOPES)
    with op.batch_alter_table("do_not_call") as table:
        table.alter_column("number", existing_type=sa.String(16), nullable=True)
        table.add_column(sa.Column("number_hash", sa.String(64)))
        table.add_column(sa.Column("brand", sa.Text()))
        table.add_column(sa.Column("channel", sa.String(16)))
        table.create_check_constraint(op.f("ck_do_not_call_scope_brand"), _only("brand", "brand"))
        table.create_check_constraint(op.f("ck_do_not_call_scope_channel"), _only("channel", "channel"))
        table.create_check_constraint(
            op.f("ck_do_not_call_number_or_hash"), "(number IS NULL) = (number_hash IS NOT NULL)"
        )
    _make_scope_indexes(_SCOPES | _NEW_SCOPES)
    _index("ix_do_not_call_number_hash", "do_not_call", ["number_hash"], "number_hash IS NOT NULL")


def downgrade() -> None:
    _drop_scope_indexes(_SCOPES | _NEW_SCOPES)
    op.drop_index("ix_do_not_call_number_hash", "do_not_call")
    op.execute("DELETE FROM do_not_call WHERE number IS NULL OR scope IN ('brand', 'channel')")
    with op.batch_alter_table("do_not_call") as table:
        for name in ("scope_brand", "scope_channel", "number_or_hash"):
            table.drop_constraint(op.f(f"ck_do_not_call_{name}"), type_="check")
        for column in ("channel", "brand", "number_hash"):
            table.drop_column(column)
        table.alter_column("number", existing_type=sa.String(16), nullable=False)
    _make_scope_indexes(_SCOPES)
    for name in ("erasures", "suspensions", "decision_seals"):
        op.drop_table(name)
    op.execute("DELETE FROM decisions WHERE number IS NULL")
    with op.batch_alter_table("decisions") as table:
        for column in ("digest", "inputs", "clocks", "number_digest", "salt"):
            table.drop_column(column)
        table.alter_column("number", existing_type=sa.String(16), nullable=False)
    with op.batch_alter_table("attempts") as table:
        table.drop_column("subject")
    known = sa.CheckConstraint("consent IN ('none', 'express', 'contract', 'night')", name=op.f("ck_leads_consent"))
    consent = sa.Column("consent", sa.String(16), known, nullable=False, server_default="none")
    _without_lead_indexes(lambda: _swap("leads", drop="subject", add=consent))
    op.drop_table("consents")
    with op.batch_alter_table("installation") as table:
        table.drop_column("secret")


def _only(scope: str, column: str) -> str:
    return f"(scope = '{scope}') = ({column} IS NOT NULL)"


def _swap(name: str, *, drop: str, add: sa.Column[Any], check: str | None = None) -> None:
    with op.batch_alter_table(name) as table:
        if check is not None:
            table.drop_constraint(op.f(check), type_="check")
        table.drop_column(drop)
        table.add_column(add)


def _without_lead_indexes(change: Callable[[], None]) -> None:
    """SQLite makes the table anew, and would make the descending and the partial indexes anew as plain ones."""
    for name, _, _ in _LEAD_INDEXES:
        op.drop_index(name, "leads")
    change()
    for name, columns, where in _LEAD_INDEXES:
        _index(name, "leads", [sa.text(column) if " " in column else column for column in columns], where)


def _drop_scope_indexes(scopes: Mapping[str, list[str]]) -> None:
    for scope in scopes:
        op.drop_index(f"uq_do_not_call_{scope}", "do_not_call")


def _make_scope_indexes(scopes: Mapping[str, list[str]]) -> None:
    for scope, columns in scopes.items():
        where = f"removed_at IS NULL AND scope = '{scope}'"
        _index(f"uq_do_not_call_{scope}", "do_not_call", columns, where, unique=True)


def _index(name: str, table: str, columns: Sequence[Any], where: str | None, *, unique: bool = False) -> None:
    condition = sa.text(where) if where else None
    op.create_index(name, table, columns, unique=unique, postgresql_where=condition, sqlite_where=condition)
