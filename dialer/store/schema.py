"""Every table. Numbers are E.164 text with the plus sign; all times are UTC; ids of people are their logins."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from dialer.core.compliance.consent import CONSENTS
from dialer.core.compliance.do_not_call import OWN
from dialer.store.types import BigId, Json, UTCDateTime

# Names that both databases and every migration agree on; SQLite can only change a constraint it can name.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

NUMBER = String(16)  # "+" and at most 15 digits
LOGIN = String(32)
ATTEMPT_ID = String(64)


def _one_of(column: str, *words: str) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _moment(name: str, *, index: bool = False) -> Column[datetime]:
    return Column(name, UTCDateTime(), nullable=False, index=index)


# --- the installation ----------------------------------------------------------------------------------------------

installation = Table(
    "installation",
    metadata,
    Column("id", SmallInteger, CheckConstraint("id = 1", name="single"), primary_key=True, autoincrement=False),
    Column("tag", String(6), nullable=False),  # marks our channels on a PBX we may share
    Column("secret", String(64), nullable=False),  # hex; keys the hashes that are left of erased numbers
    _moment("made_at"),
)

# --- people --------------------------------------------------------------------------------------------------------

users = Table(
    "users",
    metadata,
    Column("login", LOGIN, primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", String(16), _one_of("role", "agent", "supervisor", "administrator"), nullable=False),
    Column("password_hash", Text),  # argon2; null: cannot log in by password
    Column("endpoint", Text),  # the phone, as the PBX names it
    Column("language", String(8), nullable=False),
    Column("active", Boolean(create_constraint=False), nullable=False),
    _moment("created_at"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("digest", String(64), primary_key=True),  # SHA-256 of the token, in hex; the token itself is kept nowhere
    Column("login", LOGIN, ForeignKey("users.login"), nullable=False, index=True),
    Column("label", Text, nullable=False),
    _moment("issued_at"),
    _moment("expires_at", index=True),
    Column("revoked_at", UTCDateTime),
)

agent_sessions = Table(
    "agent_sessions",
    metadata,
    Column("login", LOGIN, ForeignKey("users.login"), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("code", Text),
    Column("campaigns", Json, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("on_hook", Boolean(create_constraint=False), nullable=False),
    Column("leg_id", String(96)),
    Column("leg_number", BigId, nullable=False),
    Column("attempt_id", ATTEMPT_ID),
    _moment("since"),
    _moment("saved_at"),
)

agent_states = Table(
    "agent_states",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("login", LOGIN, ForeignKey("users.login"), nullable=False),
    Column("state", String(16), nullable=False),
    Column("code", Text),
    Column("by", LOGIN, nullable=False),  # who put the agent there, where it was not the agent
    Column("attempt_id", ATTEMPT_ID),
    Column("campaigns", Json, nullable=False),
    _moment("at"),
    Column("until", UTCDateTime),
    Index(None, "login", "at"),
)

# --- campaigns and leads -------------------------------------------------------------------------------------------

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("status", String(8), _one_of("status", "draft", "running", "paused", "closed"), nullable=False),
    Column("dial_mode", String(16), nullable=False),
    Column("trunk", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("settings", Json, nullable=False),  # see campaign_settings.py
    _moment("created_at"),
    _moment("changed_at"),
)

campaign_agents = Table(
    "campaign_agents",
    metadata,
    Column("campaign_id", BigId, ForeignKey("campaigns.id"), primary_key=True),
    Column("login", LOGIN, ForeignKey("users.login"), primary_key=True, index=True),
)

lists = Table(
    "lists",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("campaign_id", BigId, ForeignKey("campaigns.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("by", LOGIN, nullable=False),
    _moment("imported_at"),
    Column("finished_at", UTCDateTime),  # null: interrupted, or still going
    Column("added", BigId, nullable=False),
    Column("doubled", BigId, nullable=False),
    Column("rejected", BigId, nullable=False),
)

leads = Table(
    "leads",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("campaign_id", BigId, ForeignKey("campaigns.id"), nullable=False),
    Column("list_id", BigId, ForeignKey("lists.id"), index=True),
    Column("external_id", Text),
    Column("name", Text, nullable=False),
    Column("region", String(8)),
    Column("zone", String(64)),
    Column("subject", Text),  # what the calls are about: a debt's reference; null: what the campaign says
    Column("grade", String(8)),
    Column("source", Text),
    Column("fields", Json, nullable=False),
    Column("priority", Integer, nullable=False),
    # new: may be claimed once next_at has come; calling: an attempt is open; done: see because
    Column("status", String(8), _one_of("status", "new", "calling", "done"), nullable=False),
    Column("because", Text),
    Column("next_at", UTCDateTime, nullable=False),  # of a claimed lead: the end of its lease
    Column("node", String(64)),  # who holds it
    Column("was_due", UTCDateTime),  # next_at before the claim
    Column("personal", SmallInteger, nullable=False),  # 1: a callback promised by callback_agent
    Column("callback_agent", LOGIN),
    Column("callback_at", UTCDateTime),
    Column("serial", Integer, nullable=False),  # attempts ever made, uncharged ones too; never goes down
    Column("tries", Integer, nullable=False),
    Column("tries_by_kind", Json, nullable=False),
    _moment("created_at"),
    _moment("changed_at"),
    Index(None, "campaign_id", "status"),
)

# The condition is a literal: a planner cannot prove a bound parameter against a partial index, and without the index a
# claim is fifty times slower.
IS_NEW = text("status = 'new'")
Index(
    "ix_leads_claim",
    leads.c.campaign_id, leads.c.priority.desc(), leads.c.personal.desc(), leads.c.next_at, leads.c.id,
    postgresql_where=IS_NEW, sqlite_where=IS_NEW,
)  # fmt: skip
# Finds when the next lead falls due. Its condition says something that is always true and that a claim does not say, so
# that no planner can take it for a claim: it would have to sort every lead that is due.
IS_DATED = text("status = 'new' AND personal >= 0")
Index("ix_leads_due", leads.c.campaign_id, leads.c.next_at, postgresql_where=IS_DATED, sqlite_where=IS_DATED)
Index(
    "ix_leads_callback", leads.c.callback_at,
    postgresql_where=text("callback_at IS NOT NULL"), sqlite_where=text("callback_at IS NOT NULL"),
)  # fmt: skip
Index(
    "ix_leads_held", leads.c.node,
    postgresql_where=text("node IS NOT NULL"), sqlite_where=text("node IS NOT NULL"),
)  # fmt: skip

lead_numbers = Table(
    "lead_numbers",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("lead_id", BigId, ForeignKey("leads.id"), nullable=False, index=True),
    Column("campaign_id", BigId, ForeignKey("campaigns.id"), nullable=False),
    Column("position", SmallInteger, nullable=False),
    Column("number", NUMBER, nullable=False),
    Column("label", Text, nullable=False),
    Column("dead", Boolean(create_constraint=False), nullable=False, server_default=false()),
    Column("tries", Integer, nullable=False, server_default="0"),
    UniqueConstraint("number", "campaign_id"),  # a person is in a campaign once
)

# --- attempts ------------------------------------------------------------------------------------------------------

attempts = Table(
    "attempts",
    metadata,
    Column("id", ATTEMPT_ID, primary_key=True),
    Column("campaign_id", BigId, ForeignKey("campaigns.id"), nullable=False),
    Column("lead_id", BigId, ForeignKey("leads.id"), nullable=False),
    Column("number_id", BigId, ForeignKey("lead_numbers.id"), nullable=False),
    Column("number", NUMBER, nullable=False),
    Column("agent_id", LOGIN),
    Column("node", String(64), nullable=False),
    Column("trunk", Text, nullable=False),
    Column("caller_id", Text, nullable=False),
    Column("subject", Text),  # for caps that count by it
    _moment("opened_at"),
    # facts, which only grow
    Column("rang_at", UTCDateTime),
    Column("answered_at", UTCDateTime),
    Column("bridged_at", UTCDateTime),
    Column("ended_at", UTCDateTime),
    Column("who_ended", String(16)),
    Column("cause", String(16)),
    Column("cause_code", SmallInteger),
    Column("machine", Text),
    Column("talked", Boolean(create_constraint=False), nullable=False, server_default=false()),
    Column("abandoned", Boolean(create_constraint=False), nullable=False, server_default=false()),
    Column("greeting_ms", Integer),  # from the answer to the end of a person's greeting, where it was heard
    Column("waited_ms", Integer),  # from the answer to the agent; null: none came, or nobody saw when
    Column("opted_out_at", UTCDateTime),  # the customer pressed the key
    # the final outcome, written once
    Column("closed_at", UTCDateTime),
    Column("disposition", String(64)),
    Column("kind", String(16)),
    Column("decided_by", String(16)),
    Column("note", Text),
    Column("callback_at", UTCDateTime),
    Column("charged", Boolean(create_constraint=False)),
    Index(None, "number", "opened_at"),
    Index(None, "lead_id", "opened_at"),
    Index(None, "campaign_id", "opened_at"),
    Index(None, "agent_id", "opened_at"),
)

# Live answers and abandons of a block are counted from these.
IS_ANSWERED = text("answered_at IS NOT NULL")
Index(
    "ix_attempts_answered", attempts.c.campaign_id, attempts.c.opened_at,
    postgresql_where=IS_ANSWERED, sqlite_where=IS_ANSWERED,
)  # fmt: skip
Index(
    "ix_attempts_open", attempts.c.node,
    postgresql_where=text("closed_at IS NULL"), sqlite_where=text("closed_at IS NULL"),
)  # fmt: skip

# Outside numbers that were called for a customer in conversation, written like an attempt before the phone rings.
transfers = Table(
    "transfers",
    metadata,
    Column("id", ATTEMPT_ID, primary_key=True),
    Column("attempt_id", ATTEMPT_ID, ForeignKey("attempts.id"), nullable=False, index=True),  # the customer's
    Column("campaign_id", BigId, ForeignKey("campaigns.id"), nullable=False),
    Column("number", NUMBER),  # null: the person's data was erased
    Column("agent_id", LOGIN, nullable=False),
    Column("node", String(64), nullable=False),
    Column("trunk", Text, nullable=False),
    Column("caller_id", Text, nullable=False),
    Column("subject", Text),
    _moment("opened_at"),
    Column("sent_at", UTCDateTime),  # null at its end: nobody's phone rang
    Column("answered_at", UTCDateTime),
    Column("joined_at", UTCDateTime),  # the customer was with them, and the attempt over
    Column("ended_at", UTCDateTime),
    Column("cause", String(16)),
    Column("because", Text),  # of one that came to nothing, where it was not the network's doing
    Index(None, "number", "opened_at"),
)

Index(
    "ix_transfers_open", transfers.c.node,
    postgresql_where=text("ended_at IS NULL"), sqlite_where=text("ended_at IS NULL"),
)  # fmt: skip

# The ledger: rows are appended and never changed (triggers see to it), but for `number` and `salt`, which an erasure
# takes away. `digest` is over everything else, so that what is left still proves itself.
decisions = Table(
    "decisions",
    metadata,
    Column("id", BigId, primary_key=True),
    _moment("at"),
    Column("verdict", String(8), _one_of("verdict", "permit", "refusal"), nullable=False),
    Column("campaign_id", BigId, nullable=False),
    Column("lead_id", BigId, nullable=False),
    Column("attempt_id", ATTEMPT_ID),
    Column("number", NUMBER),
    Column("salt", String(32)),
    Column("number_digest", String(64)),  # SHA-256 of salt and number
    Column("rule", String(64)),
    Column("sentence", Text),
    Column("try_after", UTCDateTime),
    Column("decided_by", Text),
    Column("packs", Json, nullable=False),
    Column("zones", Json, nullable=False),
    Column("clocks", Json),  # what each zone's clocks showed, in the order of `zones`
    Column("inputs", Json),  # what the gate was told; see ledger.py
    Column("tzdata", String(16), nullable=False),
    Column("digest", String(64)),  # null: from before the ledger was chained
    Index(None, "campaign_id", "rule"),
    Index(None, "lead_id", "at"),
    Index(None, "number", "at"),
    Index(None, "at", postgresql_using="brin"),  # a day's decisions lie together
)

# Each seals the decisions from first_id to last_id: its digest is over theirs and over the seal before.
decision_seals = Table(
    "decision_seals",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("first_id", BigId, nullable=False, unique=True),
    Column("last_id", BigId, nullable=False, unique=True),
    Column("count", BigId, nullable=False),
    Column("gaps", Text, nullable=False),  # spans of ids that no decision has, as ledger.py writes them
    Column("previous", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    _moment("made_at", index=True),
)

# Who took decisions out of the house, and which; of a number the last three digits.
ledger_exports = Table(
    "ledger_exports",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("login", LOGIN, nullable=False),
    Column("channel", String(8), _one_of("channel", "web", "cli"), nullable=False),
    Column("asked", Json, nullable=False),
    Column("format", String(8), nullable=False),
    _moment("at"),
)

consents = Table(
    "consents",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("number", NUMBER, nullable=False),
    Column("kind", String(16), _one_of("kind", *CONSENTS), nullable=False),
    Column("purpose", Text),  # null: for whatever we sell
    Column("source", Text, nullable=False),
    Column("proof", Text, nullable=False),
    Column("by", LOGIN, nullable=False),  # who entered it
    _moment("since"),
    Column("expires", UTCDateTime),
    _moment("added_at"),
    Column("withdrawn_at", UTCDateTime),
    Column("withdrawn_by", LOGIN),
    Column("withdrawn_because", Text),
    Index(None, "number"),
)

_WITHDRAWN = text("withdrawn_at IS NOT NULL")
Index("ix_consents_withdrawn_at", consents.c.withdrawn_at, postgresql_where=_WITHDRAWN, sqlite_where=_WITHDRAWN)

# Emergencies: no calls to an area while it lasts. Lifting one is a dated fact on its row.
suspensions = Table(
    "suspensions",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("area", String(16), nullable=False),  # a pack's id, a region or country, or leading digits with the plus
    Column("because", Text, nullable=False),
    _moment("starts_at"),
    Column("ends_at", UTCDateTime),
    Column("set_by", LOGIN, nullable=False),
    _moment("set_at"),
    Column("lifted_at", UTCDateTime),
    Column("lifted_by", LOGIN),
    Column("lifted_because", Text),
    CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name="span"),
)

# A person's data that was taken away on request. The hash is that of the do-not-call list: it cannot be turned back.
erasures = Table(
    "erasures",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("number_hash", String(64), nullable=False, index=True),
    Column("by", LOGIN, nullable=False),
    Column("because", Text, nullable=False),
    Column("what", Json, nullable=False),  # how much of what
    _moment("at"),
)

do_not_call = Table(
    "do_not_call",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("number", NUMBER),  # null: the person's data was erased
    Column("number_hash", String(64)),  # HMAC-SHA256 keyed by the installation's secret: what is left then
    Column("scope", String(8), _one_of("scope", *OWN), nullable=False),
    Column("campaign_id", BigId, ForeignKey("campaigns.id")),
    Column("brand", Text),
    Column("channel", String(16)),
    Column("source", Text, nullable=False),
    Column("proof", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    _moment("since"),
    Column("expires", UTCDateTime),
    _moment("added_at", index=True),
    Column("removed_at", UTCDateTime),
    Column("removed_by", LOGIN),
    Column("removed_because", Text),
    CheckConstraint("(scope = 'campaign') = (campaign_id IS NOT NULL)", name="scope_campaign"),
    CheckConstraint("(scope = 'brand') = (brand IS NOT NULL)", name="scope_brand"),
    CheckConstraint("(scope = 'channel') = (channel IS NOT NULL)", name="scope_channel"),
    CheckConstraint("(number IS NULL) = (number_hash IS NOT NULL)", name="number_or_hash"),
    Index(None, "number"),
)

# A number stands on a list once; what was removed stays as a dated row.
_COMPANY = text("removed_at IS NULL AND scope = 'company'")
_CAMPAIGN = text("removed_at IS NULL AND scope = 'campaign'")
_BRAND = text("removed_at IS NULL AND scope = 'brand'")
_CHANNEL = text("removed_at IS NULL AND scope = 'channel'")
_ERASED = text("number_hash IS NOT NULL")
Index("uq_do_not_call_company", do_not_call.c.number, unique=True, postgresql_where=_COMPANY, sqlite_where=_COMPANY)
Index(
    "uq_do_not_call_campaign", do_not_call.c.number, do_not_call.c.campaign_id, unique=True,
    postgresql_where=_CAMPAIGN, sqlite_where=_CAMPAIGN,
)  # fmt: skip
Index(
    "uq_do_not_call_brand", do_not_call.c.number, do_not_call.c.brand, unique=True,
    postgresql_where=_BRAND, sqlite_where=_BRAND,
)  # fmt: skip
Index(
    "uq_do_not_call_channel", do_not_call.c.number, do_not_call.c.channel, unique=True,
    postgresql_where=_CHANNEL, sqlite_where=_CHANNEL,
)  # fmt: skip
Index("ix_do_not_call_number_hash", do_not_call.c.number_hash, postgresql_where=_ERASED, sqlite_where=_ERASED)

# --- what is kept beside a call --------------------------------------------------------------------------------------

recordings = Table(
    "recordings",
    metadata,
    Column("attempt_id", ATTEMPT_ID, ForeignKey("attempts.id"), primary_key=True),
    Column("path", Text, nullable=False),  # below the library's folder
    Column("sha256", String(64), nullable=False),
    Column("seconds", Float, nullable=False),
    Column("bytes", BigId, nullable=False),
    Column("format", String(8), nullable=False),
    Column("sides", Json, nullable=False),  # customer, agent: levels and shares of talk
    _moment("finished_at", index=True),
    Column("erase_after", UTCDateTime),  # the person's data was erased: the file goes when no rule keeps it any more
    Column("erased_at", UTCDateTime),  # the file is gone
)

_TO_ERASE = text("erase_after IS NOT NULL AND erased_at IS NULL")
Index("ix_recordings_to_erase", recordings.c.erase_after, postgresql_where=_TO_ERASE, sqlite_where=_TO_ERASE)

recording_accesses = Table(
    "recording_accesses",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("attempt_id", ATTEMPT_ID, ForeignKey("recordings.attempt_id"), nullable=False, index=True),
    Column("login", LOGIN, nullable=False),
    Column("what", String(16), _one_of("what", "play", "download"), nullable=False),
    _moment("at"),
)

supervision = Table(
    "supervision",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("supervisor_id", LOGIN, nullable=False),
    Column("agent_id", LOGIN, nullable=False),
    Column("attempt_id", ATTEMPT_ID, index=True),
    Column("mode", String(8), nullable=False),
    _moment("started_at", index=True),
    _moment("ended_at"),
    UniqueConstraint("supervisor_id", "started_at"),  # a person has one leg: saved twice is kept once
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("sentence", Text, nullable=False),
    Column("attempt_id", ATTEMPT_ID, index=True),
    Column("agent_id", LOGIN),
    _moment("at", index=True),
    Column("state", String(8), _one_of("state", "open", "seen", "closed"), nullable=False),
    Column("who", LOGIN),  # who saw or closed it last
    Column("changed_at", UTCDateTime),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("topic", Text, nullable=False),
    Column("payload", Json, nullable=False),
    _moment("made_at"),
    Column("sent_at", UTCDateTime),
)

Index(
    "ix_outbox_unsent", outbox.c.id,
    postgresql_where=text("sent_at IS NULL"), sqlite_where=text("sent_at IS NULL"),
)  # fmt: skip
