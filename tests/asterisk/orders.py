"""Makers of commands with defaults; only what matters to a test is spelled out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from dialer.asterisk.control import ControlSettings
from dialer.core.campaign import MachinePolicy
from dialer.core.commands import Originate, OriginateTransfer, RingAgent
from dialer.core.compliance.gate import Basis, Permit, Question
from dialer.core.number import Number

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SETTINGS = ControlSettings(recording_dir="/lab/recordings")
CALL, AGENT, OTHER_AGENT, SPY = "call-lab1-17-1", "agent-lab1-anna-1", "agent-lab1-ben-1", "spy-lab1-susan-1"
TRANSFER = "transfer-lab1-17-1-1764000000000"


def permit(e164: str = "+999010500001", stale_at: datetime = NOW + timedelta(seconds=5)) -> Permit:
    """What the gate would give; only here it is asked for nothing, because orders look at its number and its end."""
    made = object.__new__(Permit)
    question = Question(number=Number(e164), lead_id=17, campaign_id=1)
    object.__setattr__(made, "basis", Basis(question, NOW, (), (), ""))
    object.__setattr__(made, "stale_at", stale_at)
    return made


def originate(**changes: Any) -> Originate:
    fields: dict[str, Any] = {
        "attempt_id": CALL,
        "permit": permit(),
        "trunk": "carrier",
        "caller_id": "999200100",
        "agent_leg": AGENT,
        "ring_seconds": 25,
        "amd": False,
        "machine_policy": MachinePolicy.HANGUP,
        "notice": "",
    }
    return Originate(**(fields | changes))


def transfer(**changes: Any) -> OriginateTransfer:
    fields: dict[str, Any] = {
        "transfer_id": TRANSFER,
        "attempt_id": CALL,
        "permit": permit("+999010500002"),
        "trunk": "carrier",
        "caller_id": "999200100",
        "ring_seconds": 25,
    }
    return OriginateTransfer(**(fields | changes))


def ring_agent(**changes: Any) -> RingAgent:
    fields: dict[str, Any] = {"agent_id": "anna", "leg_id": AGENT, "endpoint": "agent01", "on_hook": False}
    return RingAgent(**(fields | changes))
