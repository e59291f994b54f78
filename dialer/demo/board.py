"""The demonstration's live board: agents, calls, pacing, outcomes, refusals and why, progress and time left."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

_STYLES = {
    "ready": "green",
    "reserved": "yellow",
    "talking": "bold cyan",
    "wrap_up": "magenta",
    "paused": "dim",
    "connecting": "yellow",
}

Picture = Mapping[str, Mapping[str, Mapping[str, Any]]]


def render(picture: Picture, totals: Mapping[str, int], started: datetime, ends: datetime | None) -> RenderableType:
    """The whole board. `totals` are leads by campaign id; `ends` is the limit of time, if there is one."""
    now = datetime.now(UTC)
    return Group(
        _head(picture, now, started, ends),
        _campaigns(picture, totals, now),
        _agents(picture, now),
        _calls(picture, now),
        _refusals(picture),
    )


def line(picture: Picture, totals: Mapping[str, int]) -> str:
    """The board in one line, for a log that is no terminal."""
    parts = []
    for key, desk in sorted(picture.get("campaign", {}).items()):
        total, left = totals.get(key, 0), desk["left"] if desk["left"] is not None else totals.get(key, 0)
        said = " ".join(f"{word}={n}" for word, n in sorted(desk["dispositions"].items()))
        refused = " ".join(f"{rule}={n}" for rule, n in sorted(desk["refusals"].items()))
        parts.append(
            f"{desk['name']}: {total - left}/{total} done, {desk['placed']} calls [{said}] refused [{refused}]"
        )
    return "\n".join(parts)


def _head(picture: Picture, now: datetime, started: datetime, ends: datetime | None) -> RenderableType:
    node = picture.get("node", {}).get("", {})
    text = Text()
    text.append(" dialer ", style="reverse bold")
    text.append(f"  running {_clock((now - started).total_seconds())}")
    if ends is not None:
        text.append(f"  time left {_clock(max((ends - now).total_seconds(), 0))}")
    text.append("  Asterisk ")
    text.append(str(node.get("link", "?")), style="green" if node.get("link") == "up" else "red")
    for trunk in picture.get("trunk", {}).values():
        if trunk["in_use"]:
            text.append(f"  {trunk['trunk']} {trunk['in_use']}/{trunk['lines']} lines, {trunk['calls_per_second']}/s")
    text.append("  Ctrl-C ends", style="dim")
    return text


def _campaigns(picture: Picture, totals: Mapping[str, int], now: datetime) -> RenderableType:
    table = Table("campaign", "mode", "progress", "", "left", "calls", "outcomes", "pacing", expand=True)
    for key, desk in sorted(picture.get("campaign", {}).items()):
        total = totals.get(key, 0)
        left = desk["left"] if desk["left"] is not None else total
        done = total - left
        table.add_row(
            desk["name"],
            desk["dial_mode"],
            ProgressBar(total=max(total, 1), completed=done, width=16),
            f"{done}/{total}",
            _time_left(desk, done, left, now),
            str(desk["placed"]),
            ", ".join(f"{word} {n}" for word, n in sorted(desk["dispositions"].items(), key=lambda i: -i[1])),
            desk["pace"]["because"] if desk["dial_mode"] == "progressive" else "when the agent says so",
        )
    return table


def _time_left(desk: Mapping[str, Any], done: int, left: int, now: datetime) -> str:
    if left == 0:
        return "done"
    if not done or desk["started_at"] is None:
        return "…"
    return "~" + _clock((now - datetime.fromisoformat(desk["started_at"])).total_seconds() / done * left)


def _agents(picture: Picture, now: datetime) -> RenderableType:
    table = Table("agent", "state", "for", "with", "phone", expand=True)
    for key, agent in sorted(picture.get("agent", {}).items()):
        state = agent["state"]
        who = agent["talking_with"] or agent["preview"]
        table.add_row(
            key,
            Text(
                state.replace("_", " ") + (f" ({agent['code']})" if agent["code"] else ""), style=_STYLES.get(state, "")
            ),
            _clock((now - datetime.fromisoformat(agent["since"])).total_seconds()),
            f"{who['name']} …{who['number_ends']}" if who else "",
            agent["phone"].replace("_", " ") + _ears(picture, key),
        )
    return table


def _ears(picture: Picture, agent_id: str) -> str:
    ears = [s for s in picture.get("supervisor", {}).values() if s["agent_id"] == agent_id and s["listening"]]
    return "".join(f"  [{s['supervisor_id']} {s['mode']}]" for s in ears)


def _calls(picture: Picture, now: datetime) -> RenderableType:
    table = Table("call", "state", "for", "agent", "attempt", expand=True)
    live = [c for c in picture.get("call", {}).values() if c["state"] != "ended"]
    for call in sorted(live, key=lambda c: c["opened_at"]):
        since = datetime.fromisoformat(call["bridged_at"] or call["opened_at"])
        table.add_row(
            f"{call['name']} …{call['number_ends']}",
            Text(call["state"], style=_STYLES.get(call["state"], "yellow")),
            _clock((now - since).total_seconds()),
            call["agent_id"] or "",
            call["attempt_id"],
        )
    if not live:
        table.add_row(Text("no call is up", style="dim"), "", "", "", "")
    return table


def _refusals(picture: Picture) -> RenderableType:
    lines = []
    for desk in picture.get("campaign", {}).values():
        for rule, count in sorted(desk["refusals"].items()):
            lines.append(f"{desk['name']}: {count} × {rule}: {desk['reasons'][rule]['sentence']}")
    return Panel("\n".join(lines) or "none yet", title="refused by the gate", title_align="left")


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"
