"""Every topic, and what is in it.

All are `dialer/<node>/...` and carry one JSON object, QoS 1. No topic and no payload holds a phone number: the last
three digits at most.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from dialer.core.agent import AgentState
from dialer.core.call import CallState
from dialer.core.campaign import DialMode
from dialer.core.compliance.packs import AbandonPeriod
from dialer.core.outcome import Kind, WhoEnded

_NODE = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_LEVEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_NUMBER = re.compile(r"\+?\d{4,}(\d{3})")
_LONGEST_SENTENCE = 1000


def _fit_to_go_out(text: str) -> str:
    """Sentences come from everywhere: what could be a phone number loses all but its last three digits."""
    return _NUMBER.sub(r"…\1", text)[:_LONGEST_SENTENCE]


Level = Annotated[str, Field(pattern=f"^{_LEVEL.pattern}$")]
Word = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,63}$")]
Sentence = Annotated[str, AfterValidator(_fit_to_go_out)]
LastDigits = Annotated[str, Field(pattern="^[0-9]{0,3}$", description="The last three digits of the number called.")]


class Payload(BaseModel):
    """One JSON object; a field that is not named here is refused, so that nothing slips out by accident."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NodeStatus(Payload):
    """Whether the node is there. `offline`: it said goodbye. `lost`: its last will, sent by the broker."""

    node: Level
    state: Literal["online", "offline", "lost"]
    started_at: AwareDatetime
    version: str


class AgentStatus(Payload):
    """What an agent is doing."""

    agent_id: Level
    state: AgentState
    since: AwareDatetime
    campaign_id: int | None = None
    attempt_id: Level | None = None
    pause_code: Word | None = None


class CallStatus(Payload):
    """A call that is up. The topic is cleared when it ends."""

    attempt_id: Level
    campaign_id: int
    lead_id: int
    state: CallState
    since: AwareDatetime
    agent_id: Level | None = None
    number_end: LastDigits = ""


class AbandonmentStatus(Payload):
    """Live answers and abandons in the block of time in which the rule pack `by` counts them."""

    period: AbandonPeriod
    start: AwareDatetime
    end: AwareDatetime
    abandoned: Annotated[int, Field(ge=0)]
    answered: Annotated[int, Field(ge=0)]
    percent: float
    limit_percent: float
    by: Annotated[str, Field(max_length=40)]
    more: Annotated[int, Field(ge=0, description="Further abandons that would pass the limit.")]
    forecast_percent: Annotated[float, Field(description="At the end of the block, if it goes on as lately.")]


class CampaignStatus(Payload):
    """How a campaign is getting on."""

    campaign_id: int
    name: Sentence
    phase: Word
    dial_mode: DialMode
    at: AwareDatetime
    agents_ready: Annotated[int, Field(ge=0)] = 0
    agents_talking: Annotated[int, Field(ge=0)] = 0
    calls_up: Annotated[int, Field(ge=0)] = 0
    hopper: Annotated[int, Field(ge=0, description="Claimed leads ready to dial.")] = 0
    abandon_share: Annotated[float, Field(ge=0, le=1, description="Of the calls people answered, in this block.")] = 0.0
    abandonment: list[AbandonmentStatus] = []
    brake: Annotated[Literal["off", "slow", "on"], Field(description="What the abandons allow.")] = "off"
    brake_because: Sentence = ""
    because: Annotated[Sentence, Field(description="Why calls are, or are not, being placed.")] = ""


class Incident(Payload):
    """Something that people should look at. The same `event_id` again is the same incident."""

    event_id: Level
    kind: Word
    sentence: Sentence
    at: AwareDatetime
    campaign_id: int | None = None
    attempt_id: Level | None = None
    agent_id: Level | None = None


class OutcomeNews(Payload):
    """The final word on an attempt. The same `event_id` again is the same outcome."""

    event_id: Level
    attempt_id: Level
    campaign_id: int
    lead_id: int
    agent_id: Level | None = None
    disposition: Word
    kind: Kind
    decided_by: Word
    who_ended: WhoEnded
    opted_out: Annotated[bool, Field(description="The customer pressed the key: the number is on the list.")] = False
    talk_seconds: Annotated[float, Field(ge=0)]
    opened_at: AwareDatetime | None = None
    rang_at: AwareDatetime | None = None
    answered_at: AwareDatetime | None = None
    bridged_at: AwareDatetime | None = None
    ended_at: AwareDatetime
    number_end: LastDigits = ""


class Command(Payload):
    """An order from outside. The same `id` again is answered from memory and not carried out twice."""

    id: Level
    reply_to: Annotated[str, Field(description="A topic below this node's `reply/`; else `reply/<id>`.")] | None = None
    body: dict[str, Any] = {}


class Reply(Payload):
    """The answer to a command: a result, or the kind of error and a sentence about it."""

    id: Level | None
    command: str
    ok: bool
    result: dict[str, Any] | None = None
    error: Literal["malformed", "refused", "busy", "timed_out", "failed", "id_reused"] | None = None
    sentence: Sentence = ""


@dataclass(frozen=True, slots=True)
class Topic:
    """A family of topics: `{...}` in the pattern stands for one level, and is described in `levels`."""

    pattern: str
    payload: type[Payload]
    retained: bool
    sent: bool  # by the dialer; else received by it
    summary: str
    levels: tuple[tuple[str, str], ...] = ()


TOPICS: dict[str, Topic] = {
    "status": Topic("status", NodeStatus, True, True, "The node, with a last will."),
    "agent": Topic(
        "agent/{agent_id}", AgentStatus, True, True, "Each agent's state.", (("agent_id", "The agent's id."),)
    ),
    "call": Topic(
        "call/{attempt_id}", CallStatus, True, True, "Each call that is up.", (("attempt_id", "The attempt's id."),)
    ),
    "campaign": Topic(
        "campaign/{campaign_id}",
        CampaignStatus,
        True,
        True,
        "Each campaign's state.",
        (("campaign_id", "The campaign's number."),),
    ),
    "outcome": Topic("outcome", OutcomeNews, False, True, "The final word on each attempt, at least once, in order."),
    "incident": Topic("incident", Incident, False, True, "Incidents, at least once, in order."),
    "command": Topic(
        "command/{command}", Command, False, False, "Commands from other programs.", (("command", "What to do."),)
    ),
    "reply": Topic(
        "reply/{id}", Reply, False, True, "The answer to each command.", (("id", "The command's id, or `malformed`."),)
    ),
}


def prefix(node: str) -> str:
    """`dialer/<node>`.

    Raises:
        ValueError: the node's name is not 1 to 32 of `a-z`, `0-9` and `-`.
    """
    if not _NODE.fullmatch(node):
        raise ValueError(f"not a node's name: {node!r}")
    return f"dialer/{node}"


def topic(node: str, key: str, level: str | int | None = None) -> str:
    """The topic of one thing: `topic("n1", "agent", "a7")` is `dialer/n1/agent/a7`.

    Raises:
        ValueError: a bad node's name, or a level that is more than letters, digits, `_` and `-`.
        KeyError: no such topic.
    """
    first, _, placeholder = TOPICS[key].pattern.partition("/")
    if not placeholder:
        return f"{prefix(node)}/{first}"
    if level is None or not _LEVEL.fullmatch(str(level)):
        raise ValueError(f"not a topic level: {level!r}")
    return f"{prefix(node)}/{first}/{level}"


def topics_below(node: str, key: str) -> str:
    """The filter that takes every topic of a family."""
    return f"{prefix(node)}/{TOPICS[key].pattern.partition('/')[0]}/#"


def level_of(node: str, key: str, name: str) -> str | None:
    """The level that a topic of this family stands for; None where it is not one of them."""
    start = topics_below(node, key).removesuffix("#")
    level = name.removeprefix(start)
    return level if name.startswith(start) and _LEVEL.fullmatch(level) else None


def encoded(payload: Payload) -> bytes:
    """The JSON that goes out; fields that are null are left in."""
    return payload.model_dump_json().encode()
