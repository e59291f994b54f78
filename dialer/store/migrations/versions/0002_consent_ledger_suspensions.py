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
    _index("ix_consents_withdrawn_at", "consents", ["withdrawn_at"], "withdrawn_at IS NOT NULL")
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
        sa.Column("gaps", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_seals")),
        sa.UniqueConstraint("first_id", name=op.f("uq_decision_seals_first_id")),
        sa.UniqueConstraint("last_id", name=op.f("uq_decision_seals_last_id")),
    )
    op.create_index(op.f("ix_decision_seals_made_at"), "decision_seals", ["made_at"])
    op.create_index(op.f("ix_decisions_at"), "decisions", ["at"], postgresql_using="brin")
    op.create_table(
        "ledger_exports",
        sa.Column("id", BigId, nullable=False),
        sa.Column("login", sa.String(32), nullable=False),
        sa.Column("channel", sa.String(8), nullable=False),
        sa.Column("asked", Json, nullable=False),
        sa.Column("format", sa.String(8), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_exports")),
        sa.CheckConstraint("channel IN ('web', 'cli')", name=op.f("ck_ledger_exports_channel")),
    )
    _only_append()
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
        sa.Column("lifted_because", sa.Text()),
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
    with op.batch_alter_table("recordings") as table:
        table.add_column(sa.Column("erase_after", UTCDateTime()))
        table.add_column(sa.Column("erased_at", UTCDateTime()))
    _index("ix_recordings_to_erase", "recordings", ["erase_after"], "erase_after IS NOT NULL AND erased_at IS NULL")

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
    op.drop_index("ix_recordings_to_erase", "recordings")
    with op.batch_alter_table("recordings") as table:
        table.drop_column("erased_at")
        table.drop_column("erase_after")
    _let_change()
    for name in ("erasures", "suspensions", "ledger_exports", "decision_seals"):
        op.drop_table(name)
    op.drop_index("ix_decisions_at", "decisions")
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


# A later step that makes one of these tables anew on SQLite loses its triggers and must make them again.
_REFUSED = "the ledger is appended and never changed"
_KEPT = (
    "id", "at", "verdict", "campaign_id", "lead_id", "attempt_id", "number_digest", "rule", "sentence", "try_after",
    "decided_by", "packs", "zones", "clocks", "inputs", "tzdata", "digest",
)  # fmt: skip


def _only_append() -> None:
    """No row is changed or deleted, but that an erasure may take number and salt away. On PostgreSQL whoever inserts
    holds a shared lock from before the id is given: dialer/store/sealing.py says why.
    """
    if op.get_bind().dialect.name == "sqlite":
        refuse = f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
        same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in _KEPT)
        erased = f"NEW.number IS NULL AND NEW.salt IS NULL AND {same}"
        op.execute(f"CREATE TRIGGER decisions_change BEFORE UPDATE ON decisions WHEN NOT ({erased}) {refuse}")
        op.execute(f"CREATE TRIGGER decision_seals_change BEFORE UPDATE ON decision_seals {refuse}")
        for table in ("decisions", "decision_seals"):
            there = f"EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)"  # INSERT OR REPLACE deletes without a word
            op.execute(f"CREATE TRIGGER {table}_replace BEFORE INSERT ON {table} WHEN {there} {refuse}")
            op.execute(f"CREATE TRIGGER {table}_delete BEFORE DELETE ON {table} {refuse}")
        return
    op.execute(
        f"""CREATE FUNCTION ledger_stays() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_TABLE_NAME = 'decisions' AND TG_OP = 'UPDATE' THEN
                IF NEW.number IS NULL AND NEW.salt IS NULL THEN
                    OLD.number := NULL;
                    OLD.salt := NULL;
                    IF NEW IS NOT DISTINCT FROM OLD THEN RETURN NEW; END IF;
                END IF;
            END IF;
            RAISE EXCEPTION '{_REFUSED}' USING ERRCODE = 'integrity_constraint_violation';
        END $$"""
    )
    op.execute(
        """CREATE FUNCTION ledger_grows() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_advisory_xact_lock_shared(7301, 1);
            RETURN NULL;
        END $$"""
    )
    for table in ("decisions", "decision_seals"):
        change = f"BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW"
        op.execute(f"CREATE TRIGGER {table}_change {change} EXECUTE FUNCTION ledger_stays()")
        empty = f"BEFORE TRUNCATE ON {table} FOR EACH STATEMENT"
        op.execute(f"CREATE TRIGGER {table}_empty {empty} EXECUTE FUNCTION ledger_stays()")
    op.execute(
        "CREATE TRIGGER decisions_insert BEFORE INSERT ON decisions FOR EACH STATEMENT EXECUTE FUNCTION ledger_grows()"
    )


def _let_change() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in ("decisions", "decision_seals"):
            for what in ("change", "replace", "delete"):
                op.execute(f"DROP TRIGGER {table}_{what}")
        return
    for table in ("decisions", "decision_seals"):
        for what in ("change", "empty"):
            op.execute(f"DROP TRIGGER {table}_{what} ON {table}")
    op.execute("DROP TRIGGER decisions_insert ON decisions")
    op.execute("DROP FUNCTION ledger_stays()")
    op.execute("DROP FUNCTION ledger_grows()")


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
