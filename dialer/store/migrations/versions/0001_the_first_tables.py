"""The first tables.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dialer.store.types import BigId, Json, UTCDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "campaigns",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("dial_mode", sa.String(16), nullable=False),
        sa.Column("trunk", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("settings", Json, nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
        sa.UniqueConstraint("name", name=op.f("uq_campaigns_name")),
    )

    op.create_table(
        "decisions",
        sa.Column("id", BigId, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("verdict", sa.String(8), nullable=False),
        sa.Column("campaign_id", BigId, nullable=False),
        sa.Column("lead_id", BigId, nullable=False),
        sa.Column("attempt_id", sa.String(64)),
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("rule", sa.String(64)),
        sa.Column("sentence", sa.Text()),
        sa.Column("try_after", UTCDateTime()),
        sa.Column("decided_by", sa.Text()),
        sa.Column("packs", Json, nullable=False),
        sa.Column("zones", Json, nullable=False),
        sa.Column("tzdata", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    op.create_index(op.f("ix_decisions_campaign_id_rule"), "decisions", ["campaign_id", "rule"])
    op.create_index(op.f("ix_decisions_lead_id_at"), "decisions", ["lead_id", "at"])
    op.create_index(op.f("ix_decisions_number_at"), "decisions", ["number", "at"])

    op.create_table(
        "incidents",
        sa.Column("id", BigId, nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("attempt_id", sa.String(64)),
        sa.Column("agent_id", sa.String(32)),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("who", sa.String(32)),
        sa.Column("changed_at", UTCDateTime()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
    )
    op.create_index(op.f("ix_incidents_at"), "incidents", ["at"])
    op.create_index(op.f("ix_incidents_attempt_id"), "incidents", ["attempt_id"])

    op.create_table(
        "installation",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("tag", sa.String(6), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )

    op.create_table(
        "outbox",
        sa.Column("id", BigId, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("sent_at", UTCDateTime()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index("ix_outbox_unsent", "outbox", ["id"], postgresql_where=sa.text("sent_at IS NULL"), sqlite_where=sa.text("sent_at IS NULL"))

    op.create_table(
        "supervision",
        sa.Column("id", BigId, nullable=False),
        sa.Column("supervisor_id", sa.String(32), nullable=False),
        sa.Column("agent_id", sa.String(32), nullable=False),
        sa.Column("attempt_id", sa.String(64)),
        sa.Column("mode", sa.String(8), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervision")),
        sa.UniqueConstraint("supervisor_id", "started_at", name=op.f("uq_supervision_supervisor_id_started_at")),
    )
    op.create_index(op.f("ix_supervision_attempt_id"), "supervision", ["attempt_id"])
    op.create_index(op.f("ix_supervision_started_at"), "supervision", ["started_at"])

    op.create_table(
        "users",
        sa.Column("login", sa.String(32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("password_hash", sa.Text()),
        sa.Column("endpoint", sa.Text()),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("active", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("login", name=op.f("pk_users")),
    )

    op.create_table(
        "agent_sessions",
        sa.Column("login", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("code", sa.Text()),
        sa.Column("campaigns", Json, nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("on_hook", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("leg_id", sa.String(96)),
        sa.Column("leg_number", BigId, nullable=False),
        sa.Column("attempt_id", sa.String(64)),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("saved_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("login", name=op.f("pk_agent_sessions")),
        sa.ForeignKeyConstraint(["login"], ["users.login"], name=op.f("fk_agent_sessions_login")),
    )

    op.create_table(
        "agent_states",
        sa.Column("id", BigId, nullable=False),
        sa.Column("login", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("code", sa.Text()),
        sa.Column("by", sa.String(32), nullable=False),
        sa.Column("attempt_id", sa.String(64)),
        sa.Column("campaigns", Json, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("until", UTCDateTime()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_states")),
        sa.ForeignKeyConstraint(["login"], ["users.login"], name=op.f("fk_agent_states_login")),
    )
    op.create_index(op.f("ix_agent_states_login_at"), "agent_states", ["login", "at"])

    op.create_table(
        "campaign_agents",
        sa.Column("campaign_id", BigId, nullable=False),
        sa.Column("login", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "login", name=op.f("pk_campaign_agents")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_agents_campaign_id")),
        sa.ForeignKeyConstraint(["login"], ["users.login"], name=op.f("fk_campaign_agents_login")),
    )
    op.create_index(op.f("ix_campaign_agents_login"), "campaign_agents", ["login"])

    op.create_table(
        "do_not_call",
        sa.Column("id", BigId, nullable=False),
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("scope", sa.String(8), nullable=False),
        sa.Column("campaign_id", BigId),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("expires", UTCDateTime()),
        sa.Column("added_at", UTCDateTime(), nullable=False),
        sa.Column("removed_at", UTCDateTime()),
        sa.Column("removed_by", sa.String(32)),
        sa.Column("removed_because", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_do_not_call")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_do_not_call_campaign_id")),
        sa.CheckConstraint("(scope = 'campaign') = (campaign_id IS NOT NULL)", name=op.f("ck_do_not_call_scope_campaign")),
    )
    op.create_index(op.f("ix_do_not_call_added_at"), "do_not_call", ["added_at"])
    op.create_index(op.f("ix_do_not_call_number"), "do_not_call", ["number"])
    op.create_index(
        "uq_do_not_call_campaign",
        "do_not_call",
        ["number", "campaign_id"],
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL AND scope = 'campaign'"),
        sqlite_where=sa.text("removed_at IS NULL AND scope = 'campaign'"),
    )
    op.create_index(
        "uq_do_not_call_company",
        "do_not_call",
        ["number"],
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL AND scope = 'company'"),
        sqlite_where=sa.text("removed_at IS NULL AND scope = 'company'"),
    )

    op.create_table(
        "lists",
        sa.Column("id", BigId, nullable=False),
        sa.Column("campaign_id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("by", sa.String(32), nullable=False),
        sa.Column("imported_at", UTCDateTime(), nullable=False),
        sa.Column("finished_at", UTCDateTime()),
        sa.Column("added", BigId, nullable=False),
        sa.Column("doubled", BigId, nullable=False),
        sa.Column("rejected", BigId, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lists")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_lists_campaign_id")),
    )
    op.create_index(op.f("ix_lists_campaign_id"), "lists", ["campaign_id"])

    op.create_table(
        "tokens",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("login", sa.String(32), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("issued_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.Column("revoked_at", UTCDateTime()),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_tokens")),
        sa.ForeignKeyConstraint(["login"], ["users.login"], name=op.f("fk_tokens_login")),
    )
    op.create_index(op.f("ix_tokens_expires_at"), "tokens", ["expires_at"])
    op.create_index(op.f("ix_tokens_login"), "tokens", ["login"])

    op.create_table(
        "leads",
        sa.Column("id", BigId, nullable=False),
        sa.Column("campaign_id", BigId, nullable=False),
        sa.Column("list_id", BigId),
        sa.Column("external_id", sa.Text()),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("region", sa.String(8)),
        sa.Column("zone", sa.String(64)),
        sa.Column(
            "consent",
            sa.String(16),
            sa.CheckConstraint("consent IN ('none', 'express', 'contract', 'night')", name=op.f("ck_leads_consent")),
            nullable=False,
            server_default="none",
        ),
        sa.Column("grade", sa.String(8)),
        sa.Column("source", sa.Text()),
        sa.Column("fields", Json, nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("because", sa.Text()),
        sa.Column("next_at", UTCDateTime(), nullable=False),
        sa.Column("node", sa.String(64)),
        sa.Column("was_due", UTCDateTime()),
        sa.Column("personal", sa.SmallInteger(), nullable=False),
        sa.Column("callback_agent", sa.String(32)),
        sa.Column("callback_at", UTCDateTime()),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tries_by_kind", Json, nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leads")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_leads_campaign_id")),
        sa.ForeignKeyConstraint(["list_id"], ["lists.id"], name=op.f("fk_leads_list_id")),
    )
    op.create_index("ix_leads_callback", "leads", ["callback_at"], postgresql_where=sa.text("callback_at IS NOT NULL"), sqlite_where=sa.text("callback_at IS NOT NULL"))
    op.create_index(op.f("ix_leads_campaign_id_status"), "leads", ["campaign_id", "status"])
    op.create_index(
        "ix_leads_claim",
        "leads",
        ["campaign_id", sa.text("priority DESC"), sa.text("personal DESC"), "next_at", "id"],
        postgresql_where=sa.text("status = 'new'"),
        sqlite_where=sa.text("status = 'new'"),
    )
    op.create_index(
        "ix_leads_due",
        "leads",
        ["campaign_id", "next_at"],
        postgresql_where=sa.text("status = 'new' AND personal >= 0"),
        sqlite_where=sa.text("status = 'new' AND personal >= 0"),
    )
    op.create_index("ix_leads_held", "leads", ["node"], postgresql_where=sa.text("node IS NOT NULL"), sqlite_where=sa.text("node IS NOT NULL"))
    op.create_index(op.f("ix_leads_list_id"), "leads", ["list_id"])

    op.create_table(
        "lead_numbers",
        sa.Column("id", BigId, nullable=False),
        sa.Column("lead_id", BigId, nullable=False),
        sa.Column("campaign_id", BigId, nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("dead", sa.Boolean(create_constraint=False), nullable=False, server_default=sa.false()),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_numbers")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_lead_numbers_campaign_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_lead_numbers_lead_id")),
        sa.UniqueConstraint("number", "campaign_id", name=op.f("uq_lead_numbers_number_campaign_id")),
    )
    op.create_index(op.f("ix_lead_numbers_lead_id"), "lead_numbers", ["lead_id"])

    op.create_table(
        "attempts",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("campaign_id", BigId, nullable=False),
        sa.Column("lead_id", BigId, nullable=False),
        sa.Column("number_id", BigId, nullable=False),
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("agent_id", sa.String(32)),
        sa.Column("node", sa.String(64), nullable=False),
        sa.Column("trunk", sa.Text(), nullable=False),
        sa.Column("caller_id", sa.Text(), nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("rang_at", UTCDateTime()),
        sa.Column("answered_at", UTCDateTime()),
        sa.Column("bridged_at", UTCDateTime()),
        sa.Column("ended_at", UTCDateTime()),
        sa.Column("who_ended", sa.String(16)),
        sa.Column("cause", sa.String(16)),
        sa.Column("cause_code", sa.SmallInteger()),
        sa.Column("machine", sa.Text()),
        sa.Column("talked", sa.Boolean(create_constraint=False), nullable=False, server_default=sa.false()),
        sa.Column("abandoned", sa.Boolean(create_constraint=False), nullable=False, server_default=sa.false()),
        sa.Column("closed_at", UTCDateTime()),
        sa.Column("disposition", sa.String(64)),
        sa.Column("kind", sa.String(16)),
        sa.Column("decided_by", sa.String(16)),
        sa.Column("note", sa.Text()),
        sa.Column("callback_at", UTCDateTime()),
        sa.Column("charged", sa.Boolean(create_constraint=False)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_attempts_campaign_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_attempts_lead_id")),
        sa.ForeignKeyConstraint(["number_id"], ["lead_numbers.id"], name=op.f("fk_attempts_number_id")),
    )
    op.create_index(op.f("ix_attempts_agent_id_opened_at"), "attempts", ["agent_id", "opened_at"])
    op.create_index(op.f("ix_attempts_campaign_id_opened_at"), "attempts", ["campaign_id", "opened_at"])
    op.create_index(op.f("ix_attempts_lead_id_opened_at"), "attempts", ["lead_id", "opened_at"])
    op.create_index(op.f("ix_attempts_number_opened_at"), "attempts", ["number", "opened_at"])
    op.create_index("ix_attempts_open", "attempts", ["node"], postgresql_where=sa.text("closed_at IS NULL"), sqlite_where=sa.text("closed_at IS NULL"))

    op.create_table(
        "recordings",
        sa.Column("attempt_id", sa.String(64), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("bytes", BigId, nullable=False),
        sa.Column("format", sa.String(8), nullable=False),
        sa.Column("sides", Json, nullable=False),
        sa.Column("finished_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_recordings")),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name=op.f("fk_recordings_attempt_id")),
    )
    op.create_index(op.f("ix_recordings_finished_at"), "recordings", ["finished_at"])

    op.create_table(
        "recording_accesses",
        sa.Column("id", BigId, nullable=False),
        sa.Column("attempt_id", sa.String(64), nullable=False),
        sa.Column("login", sa.String(32), nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording_accesses")),
        sa.ForeignKeyConstraint(["attempt_id"], ["recordings.attempt_id"], name=op.f("fk_recording_accesses_attempt_id")),
    )
    op.create_index(op.f("ix_recording_accesses_attempt_id"), "recording_accesses", ["attempt_id"])


def downgrade() -> None:
    for table in (
        "recording_accesses",
        "recordings",
        "attempts",
        "lead_numbers",
        "leads",
        "tokens",
        "lists",
        "do_not_call",
        "campaign_agents",
        "agent_states",
        "agent_sessions",
        "users",
        "supervision",
        "outbox",
        "installation",
        "incidents",
        "decisions",
        "campaigns",
    ):
        op.drop_table(table)
