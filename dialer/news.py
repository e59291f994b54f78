"""From the floor's changes to those who watch: the log, browsers by the live socket, other programs by MQTT."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from dialer.core.agent import AgentState
from dialer.core.call import CallState
from dialer.core.floor.picture import Desk, Picture
from dialer.core.floor.views import standing_view
from dialer.publish.mqtt import Publisher
from dialer.publish.topics import AbandonmentStatus, AgentStatus, CallStatus, CampaignStatus

log = logging.getLogger(__name__)

Changes = set[tuple[str, str]]


class News:
    """Called by the engine after each turn that changed something."""

    def __init__(self, picture: Picture, clock: Callable[[], datetime]) -> None:
        self._picture = picture
        self._clock = clock
        self.publisher: Publisher | None = None
        self.listeners: list[Callable[[Changes], None]] = []
        self._logged: dict[tuple[str, str], str] = {}  # the last state of each agent and call

    def publish(self, changes: Changes) -> None:
        """Hand the changes on. Never blocks."""
        for subject, key in sorted(changes):
            self._log(subject, key)
        for listener in self.listeners:
            listener(changes)
        if self.publisher is not None:
            for subject, key in changes:
                self._show(self.publisher, subject, key)

    def _log(self, subject: str, key: str) -> None:
        """One line for each agent and call whose state is another one than before this turn."""
        if subject == "agent":
            agent = self._picture.agents[key]
            words, state = f"agent={key}", f"{agent.state.value}{f' ({agent.code})' if agent.code else ''}"
        elif subject == "call":
            call = self._picture.calls.get(key)
            words = f"attempt={key}" + (f" campaign={call.campaign_id} agent={call.agent_id}" if call else "")
            state = call.state.value if call is not None else "closed"
        else:
            return
        before = self._logged.get((subject, key), "new")
        if state == "closed":
            self._logged.pop((subject, key), None)
        else:
            self._logged[(subject, key)] = state
        if state != before:
            log.info("%s %s %s -> %s", words, subject, before, state)

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
            abandon_share=max((one.tally.percent / 100 for one in desk.standing), default=0.0),
            abandonment=[AbandonmentStatus(**standing_view(one)) for one in desk.standing],
            brake="on" if desk.brake.on else "off" if desk.brake.room is None else "slow",
            brake_because=desk.brake.because,
            because=desk.pace.because,
        )
