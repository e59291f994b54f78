"""Who may do what: every route and the least role it asks for. A route without a line here does not load."""

from __future__ import annotations

from enum import IntEnum

from dialer.store.people import Role


class Access(IntEnum):
    """Each includes those before it."""

    PUBLIC = 0  # no sign-in
    AGENT = 1
    SUPERVISOR = 2
    ADMINISTRATOR = 3


HELD: dict[Role, Access] = {
    Role.AGENT: Access.AGENT,
    Role.SUPERVISOR: Access.SUPERVISOR,
    Role.ADMINISTRATOR: Access.ADMINISTRATOR,
}

_P, _A, _S, _X = Access

TABLE: dict[str, Access] = {
    # oneself
    "POST /sign-in": _P,
    "POST /sign-out": _A,
    "GET /me": _A,
    "POST /me/password": _A,
    # the agent's own desk
    "GET /agent": _A,
    "GET /agent/campaigns": _A,
    "GET /agent/history": _A,
    "POST /agent/log-in": _A,
    "POST /agent/ready": _A,
    "POST /agent/pause": _A,
    "POST /agent/log-out": _A,
    "POST /agent/dial": _A,
    "POST /agent/call": _A,
    "POST /agent/transfer": _A,
    "POST /agent/transfer/cancel": _A,
    "POST /agent/skip": _A,
    "POST /agent/hang-up": _A,
    "POST /agent/disposition": _A,
    "POST /agent/opt-out": _A,
    "POST /agent/consent": _A,
    "POST /agent/consent/withdraw": _A,
    # the floor
    "GET /live": _A,  # an agent sees only their own part of it
    "GET /floor": _S,
    "POST /agents/{login}/pause": _S,
    "POST /agents/{login}/log-out": _S,
    "GET /agents/{login}/states": _S,
    "POST /supervision": _S,
    "DELETE /supervision": _S,
    "GET /supervision": _S,
    "GET /incidents": _S,
    "POST /incidents/{incident_id}": _S,
    # what happened
    "GET /attempts": _S,
    "GET /attempts/{attempt_id}": _S,
    "GET /recordings": _S,
    "GET /recordings/{attempt_id}/audio": _A,  # agents: their own only
    "GET /recordings/{attempt_id}/accesses": _S,
    # campaigns and leads
    "GET /campaigns": _S,
    "GET /campaigns/{campaign_id}": _S,
    "GET /campaigns/{campaign_id}/summary": _S,
    "POST /campaigns": _X,
    "PATCH /campaigns/{campaign_id}": _X,
    "POST /campaigns/{campaign_id}/start": _X,
    "POST /campaigns/{campaign_id}/pause": _X,
    "POST /campaigns/{campaign_id}/close": _X,
    "PUT /campaigns/{campaign_id}/agents": _X,
    "GET /campaigns/{campaign_id}/lists": _S,
    "POST /campaigns/{campaign_id}/lists": _X,
    "GET /campaigns/{campaign_id}/leads": _S,
    "GET /leads/{lead_id}": _S,
    # do not call: adding protects, so supervisors may; taking off does not
    "GET /do-not-call": _S,
    "POST /do-not-call": _S,
    "POST /do-not-call/search": _X,
    "POST /do-not-call/remove": _X,
    # consent: taking it away protects, entering it does not
    "POST /consents": _X,
    "POST /consents/search": _X,
    "POST /consents/withdraw": _S,
    # what would become of a campaign's leads
    "GET /campaigns/{campaign_id}/readiness": _S,
    "POST /campaigns/{campaign_id}/readiness": _S,
    "DELETE /campaigns/{campaign_id}/readiness": _S,
    # emergencies: stopping calls protects, and who may stop them may let them go on
    "GET /suspensions": _S,
    "POST /suspensions": _S,
    "POST /suspensions/{suspension_id}/lift": _S,
    # people, by a number one knows
    "POST /people/export": _X,
    "POST /people/erasure-plan": _X,
    "POST /people/erase": _X,
    "POST /explain": _S,  # by full number: administrators only
    # the ledger: an export leaves the house with whole numbers
    "GET /ledger": _S,
    "POST /ledger/verify": _X,
    "POST /ledger/export": _X,
    "GET /ledger/exports": _X,
    # users and the node
    "GET /users": _S,
    "GET /users/{login}": _S,
    "POST /users": _X,
    "PATCH /users/{login}": _X,
    "POST /users/{login}/password": _X,
    "GET /node": _S,
}
