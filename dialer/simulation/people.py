"""Simulated agents: they log in, talk, say what came of it, take breaks, look at previews, and go home."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from dialer.core import events as ev
from dialer.core.agent import AgentState
from dialer.core.floor.picture import Picture
from dialer.simulation.agenda import Agenda

BREAK_SECONDS = (120.0, 900.0)
WORDS = (("not_interested", 60), ("interested", 15), ("sale", 8), ("callback", 10), ("wrong_number", 4), ("machine", 3))


@dataclass(slots=True)
class People:
    """All agents. They see the picture as a screen shows it, and act a little later."""

    agenda: Agenda
    random: Random
    picture: Picture
    tell: Callable[[ev.Event], None]
    ends_at: datetime

    def arrive(self, agent_id: str, campaigns: tuple[int, ...], *, on_hook: bool = False) -> None:
        """Log in, and plan the first break."""
        self.tell(ev.AgentLoggedIn(agent_id, f"phone-{agent_id}", campaigns, on_hook))
        self._plan_break(agent_id)
        self.agenda.at(self.ends_at, lambda: self._act(ev.LogoutAsked(agent_id)))

    def look(self, agent_id: str) -> None:
        """The agent's screen changed: react to it after a human delay."""
        agent = self.picture.agents[agent_id]
        attempt = agent.attempt_id
        if agent.state is AgentState.WRAP_UP and attempt is not None and self.random.random() > 0.1:
            self.agenda.after(self.random.uniform(2, 20), lambda: self._dispose(agent_id, attempt))
        elif agent.preview is not None:
            lead = agent.preview.prospect.lead.id
            if self.random.random() > 0.1:
                self.agenda.after(self.random.uniform(2, 20), lambda: self._decide(agent_id, lead))
        elif agent.state is AgentState.PAUSED and self.agenda.now < self.ends_at:
            self.agenda.after(self.random.uniform(*BREAK_SECONDS), lambda: self._come_back(agent_id))
        elif agent.state is AgentState.TALKING and attempt is not None and self.random.random() < 0.2:
            self.agenda.after(self.random.uniform(3, 60), lambda: self._hang_up(agent_id, attempt))

    def _act(self, event: ev.Event) -> None:
        self.tell(event)

    def _dispose(self, agent_id: str, attempt: str) -> None:
        agent = self.picture.agents[agent_id]
        if agent.state is not AgentState.WRAP_UP or agent.attempt_id != attempt:
            return  # the deadline was faster
        words, weights = zip(*WORDS, strict=True)
        word = self.random.choices(words, weights)[0]
        at = self.agenda.now + timedelta(minutes=self.random.randint(10, 120)) if word == "callback" else None
        personal = self.random.random() < 0.5
        self.tell(ev.DispositionGiven(agent_id, attempt, word, callback_at=at, personal=personal))

    def _decide(self, agent_id: str, lead_id: int) -> None:
        preview = self.picture.agents[agent_id].preview
        if preview is None or preview.prospect.lead.id != lead_id:
            return
        skip = self.random.random() < 0.1
        self.tell(ev.SkipAsked(agent_id, "not_now") if skip else ev.DialAsked(agent_id))

    def _hang_up(self, agent_id: str, attempt: str) -> None:
        agent = self.picture.agents[agent_id]
        if agent.state is AgentState.TALKING and agent.attempt_id == attempt:
            self.tell(ev.HangupAsked(agent_id))

    def _plan_break(self, agent_id: str) -> None:
        self.agenda.after(self.random.uniform(900, 7200), lambda: self._take_break(agent_id))

    def _take_break(self, agent_id: str) -> None:
        if self.agenda.now < self.ends_at:
            self.tell(ev.PauseAsked(agent_id, "break"))
            self._plan_break(agent_id)

    def _come_back(self, agent_id: str) -> None:
        if self.picture.agents[agent_id].state is AgentState.PAUSED:
            self.tell(ev.ReadyAsked(agent_id))
