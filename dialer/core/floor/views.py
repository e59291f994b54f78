"""What screens and topics are shown: plain values made from the picture. Of a number only the last three digits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dialer.core.agent import Agent, Preview, Unplaced
from dialer.core.call import Call
from dialer.core.compliance.gate import Permit, Refusal
from dialer.core.floor.picture import Desk, Picture, Spy
from dialer.core.floor.unplaced import REASONS
from dialer.core.lead import Prospect
from dialer.core.pacing.abandon import Standing
from dialer.core.pacing.trunk import Trunk

View = dict[str, Any]


def view(picture: Picture, subject: str, key: str) -> View | None:
    """One subject's view; None where it is gone.

    Subjects are agent, call, campaign, trunk, supervisor and node; the node's key is empty.
    """
    match subject:
        case "agent":
            agent = picture.agents.get(key)
            return _agent(agent, picture) if agent is not None else None
        case "call":
            call = picture.calls.get(key)
            return _call(call, picture) if call is not None else None
        case "campaign":
            desk = picture.desks.get(int(key))
            return _campaign(desk, picture) if desk is not None else None
        case "trunk":
            trunk = picture.trunks.get(key)
            return _trunk(trunk) if trunk is not None else None
        case "supervisor":
            spy = picture.spies.get(key)
            return _supervisor(spy) if spy is not None else None
        case _:
            return _node(picture)


def snapshot(picture: Picture) -> dict[str, dict[str, View]]:
    """Everything, by subject and key."""
    keys: dict[str, list[str]] = {
        "agent": list(picture.agents),
        "call": list(picture.calls),
        "campaign": [str(key) for key in picture.desks],
        "trunk": list(picture.trunks),
        "supervisor": list(picture.spies),
        "node": [""],
    }
    return {s: {k: v for k in ks if (v := view(picture, s, k)) is not None} for s, ks in keys.items()}


def mentioning(picture: Picture, changes: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """The changes and every other view that shows something of them.

    A call is on its agent's and its trunk's view and counted on its campaign's; an agent is counted on theirs.
    """
    out = set(changes)
    agents = {key for subject, key in changes if subject == "agent"}
    for subject, key in changes:
        call = picture.calls.get(key) if subject == "call" else None
        if call is not None:
            out |= {("trunk", call.trunk), ("campaign", str(call.campaign_id))}
            agents |= {call.agent_id} if call.agent_id is not None else set()
    for agent_id in agents & picture.agents.keys():
        out.add(("agent", agent_id))
        out |= {("campaign", str(key)) for key in picture.agents[agent_id].campaigns if key in picture.desks}
    return out


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None


def _agent(agent: Agent, picture: Picture) -> View:
    kept = agent.kept
    return {
        "agent_id": agent.id,
        "state": agent.state.value,
        "since": _time(agent.since),
        "code": agent.code,
        "by": agent.by or None,
        "campaigns": list(agent.campaigns),
        "on_hook": agent.on_hook,
        "phone": "on_line" if agent.leg_up else "ringing" if agent.leg_id else "off",
        "attempt_id": agent.attempt_id,
        "deadline": _time(agent.deadline),
        "kept": {"state": kept.to.value, "code": kept.code} if kept is not None else None,
        "preview": _preview(agent.preview) if agent.preview is not None else None,
        "talking_with": _talking_with(agent, picture),
        "unplaced": _unplaced(agent.unplaced) if agent.unplaced is not None else None,
    }


def _unplaced(unplaced: Unplaced) -> View:
    return {
        "what": unplaced.what,
        "campaign_id": unplaced.campaign_id,
        "lead_id": unplaced.lead_id,
        "number_ends": unplaced.number_ends,
        "reason": unplaced.reason,
        "sentence": unplaced.refusal.sentence if unplaced.refusal is not None else REASONS[unplaced.reason],
        "at": _time(unplaced.at),
        "verdict": verdict_view(unplaced.refusal) if unplaced.refusal is not None else None,
    }


def _talking_with(agent: Agent, picture: Picture) -> View | None:
    call = picture.call_of(agent)
    if call is None:
        return None
    return prospect_view(call.prospect) | {"state": call.state.value, "opt_out": _opt_out(call)}


def prospect_view(prospect: Prospect) -> View:
    """A lead as its agent sees it."""
    lead = prospect.lead
    return {
        "lead_id": lead.id,
        "campaign_id": lead.campaign_id,
        "name": lead.name,
        "number_ends": prospect.number.number.last3,
        "label": prospect.number.label,
        "tries": lead.tries,
        "region": lead.region,
        "fields": dict(lead.fields),
        "contacts": [
            {"at": _time(c.at), "disposition": c.disposition, "agent_id": c.agent_id, "note": c.note}
            for c in prospect.contacts
        ],
    }


def _preview(preview: Preview) -> View:
    return prospect_view(preview.prospect) | {
        "offered_at": _time(preview.offered_at),
        "deadline": _time(preview.deadline),
        "verdict": verdict_view(preview.permit),
    }


def verdict_view(verdict: Permit | Refusal) -> View:
    """The gate's word."""
    if isinstance(verdict, Permit):
        return {
            "verdict": "permit",
            "made_at": _time(verdict.basis.at),
            "packs": list(verdict.basis.packs),
            "zones": list(verdict.basis.zones),
            "tzdata": verdict.basis.tzdata,
        }
    return {
        "verdict": "refusal",
        "rule": verdict.rule,
        "sentence": verdict.sentence,
        "try_after": _time(verdict.try_after),
        "decided_by": verdict.decided_by,
        "zone": verdict.zone,
    }


def _call(call: Call, picture: Picture) -> View:
    return {
        "attempt_id": call.attempt_id,
        "campaign_id": call.campaign_id,
        "lead_id": call.prospect.lead.id,
        "name": call.prospect.lead.name,
        "number_ends": call.prospect.number.number.last3,
        "agent_id": call.agent_id,
        "trunk": call.trunk,
        "state": call.state.value,
        "opened_at": _time(call.opened_at),
        "rang_at": _time(call.rang_at),
        "answered_at": _time(call.answered_at),
        "bridged_at": _time(call.bridged_at),
        "ended_at": _time(call.ended_at),
        "transfer": _transfer(call, picture),
        "opt_out": _opt_out(call),
    }


def _transfer(call: Call, picture: Picture) -> View | None:
    transfer = picture.transfer_of(call.attempt_id)
    if transfer is None:
        return None
    return {
        "transfer_id": transfer.id,
        "number_ends": transfer.number.last3,
        "state": transfer.state.value,
        "asked_at": _time(transfer.asked_at),
        "answered_at": _time(transfer.answered_at),
    }


def _opt_out(call: Call) -> str | None:
    """Whether the customer pressed the key, and whether the number is on the list by now."""
    if call.opted_out_at is None:
        return None
    return "kept" if call.opt_out_kept else "asked"


def _campaign(desk: Desk, picture: Picture) -> View:
    return {
        "campaign_id": desk.campaign.id,
        "name": desk.campaign.name,
        "dial_mode": desk.campaign.dial_mode.value,
        "running": desk.running,
        "agents": len(picture.on_desk(desk)),
        "hopper": len(desk.hopper),
        "left": desk.hopper.left,
        "next_lead_at": _time(desk.hopper.next_at),
        "placed": desk.placed,
        "started_at": _time(desk.started_at),
        "pace": {"place": desk.pace.place, "because": desk.pace.because},
        "dispositions": dict(desk.dispositions),
        "refusals": dict(desk.refusals),
        "reasons": {rule: verdict_view(refusal) for rule, refusal in desk.reasons.items()},
        "abandonment": [standing_view(one) for one in desk.standing],
        "brake": {
            "on": desk.brake.on,
            "room": desk.brake.room,
            "because": desk.brake.because,
            "until": _time(desk.brake.until),
        },
    }


def standing_view(standing: Standing) -> View:
    """How one block stands against its limit."""
    tally, limit = standing.tally, standing.limit
    return {
        "period": tally.period,
        "start": _time(tally.start),
        "end": _time(tally.end),
        "abandoned": tally.abandoned,
        "answered": tally.answered,
        "percent": round(tally.percent, 2),
        "limit_percent": limit.percent,
        "by": limit.by,
        "more": standing.more,
        "forecast_percent": round(standing.forecast, 2),
    }


def _trunk(trunk: Trunk) -> View:
    return {
        "trunk": trunk.name,
        "lines": trunk.lines,
        "in_use": trunk.in_use,
        "calls_per_second": trunk.calls_per_second,
    }


def _supervisor(spy: Spy) -> View:
    return {
        "supervisor_id": spy.supervisor_id,
        "phone": "on_line" if spy.leg_up else "ringing",
        "agent_id": spy.agent_id,
        "mode": spy.mode.value if spy.agent_id else None,
        "listening": spy.stretch is not None,
    }


def _node(picture: Picture) -> View:
    return {
        "link": picture.link.value,
        "link_reason": picture.link_reason,
        "store": "up" if picture.store_ok else "down",
        "draining": picture.draining,
        "halted": picture.halted,
        "dialing": picture.may_dial,
    }
