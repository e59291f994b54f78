"""From the floor's changes to those who watch: browsers by the live socket, other programs by MQTT's retained state."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from dialer.core.agent import AgentState
from dialer.core.call import CallState
from dialer.core.floor.picture import Desk, Picture
from dialer.publish.mqtt import Publisher
from dialer.publish.topics import AgentStatus, CallStatus, CampaignStatus

Changes = set[tuple[str, str]]


class News:
    """Called by the engine after each turn that changed something."""

    def __init__(self, picture: Picture, clock: Callable[[], datetime]) -> None:
        self._picture = picture
        self._clock = clock
        self.publisher: Publisher | None = None
        self.listeners: list[Callable[[Changes], None]] = []

    def publish(self, changes: Changes) -> None:
        """Hand the changes on. Never blocks."""
        for listener in self.listeners:
            listener(changes)
        if self.publisher is not None:
            for subject, key in changes:
                self._show(self.publisher, subject, key)

    def _show(self, publisher: Publisher, subject: str, key: str) -> None:
        match subject:
            case "agent":
                publisher.show(self._agent(key))
            case "call":
                call = self._call(key)
                if call is None:
                    publisher.call_ended(key)
                else:
                    publisher.show(call)
            case "campaign":
                publisher.show(self._campaign(self._picture.desks[int(key)]))
            case _:
                pass  # trunks, supervisors and the node's state are for screens

    def _agent(self, key: str) -> AgentStatus:
        agent = self._picture.agents[key]
        call = self._picture.call_of(agent)
        return AgentStatus(
            agent_id=agent.id,
            state=agent.state,
            since=agent.since,
            campaign_id=call.campaign_id if call else None,
            attempt_id=agent.attempt_id,
            pause_code=agent.code,
        )

    def _call(self, key: str) -> CallStatus | None:
        call = self._picture.calls.get(key)
        if call is None or call.state is CallState.ENDED:
            return None
        times = (call.bridged_at, call.answered_at, call.rang_at, call.opened_at)
        return CallStatus(
            attempt_id=call.attempt_id,
            campaign_id=call.campaign_id,
            lead_id=call.prospect.lead.id,
            state=call.state,
            since=next(t for t in times if t is not None),
            agent_id=call.agent_id,
            number_end=call.prospect.number.number.last3,
        )

    def _campaign(self, desk: Desk) -> CampaignStatus:
        at_work = self._picture.on_desk(desk)
        return CampaignStatus(
            campaign_id=desk.campaign.id,
            name=desk.campaign.name,
            phase="running" if desk.running else "stopped",
            dial_mode=desk.campaign.dial_mode,
            at=self._clock(),
            agents_ready=sum(a.state is AgentState.READY for a in at_work),
            agents_talking=sum(a.state is AgentState.TALKING for a in at_work),
            calls_up=sum(c.campaign_id == desk.campaign.id for c in self._picture.calls.values()),
            hopper=len(desk.hopper),
            abandon_share=desk.abandons.share,
            because=desk.pace.because,
        )
