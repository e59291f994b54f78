"""Records the transcripts anew: `python -m tests.asterisk.record DIRECTORY [STORY...]`, from the lab that runs there.

One file per story, as the PBX sent it, with the Asterisk version in its first line. A second, bare session listens, so
that a transcript does not depend on the code it is there to test. Play `hold` on agent01 and agent02, `refuse` on
agent03, `ring` on agent04.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dialer.asterisk import control
from dialer.asterisk.connection import Ami, AmiSettings
from dialer.asterisk.translate import WANTED
from dialer.core.campaign import MachinePolicy
from dialer.core.commands import HangupLeg, OfferAgent, RingSupervisor, SpyOn, ThankCustomer
from dialer.core.events import LinkUp, SpyMode
from dialer.lab import carrier, lab
from dialer.lab.state import LabState
from tests.asterisk.orders import originate, permit, ring_agent

HERE = Path(__file__).parent / "transcripts"
CALL, ANNA, BEN, SUSAN = "call-lab1-17-1", "agent-lab1-anna-1", "agent-lab1-ben-1", "spy-lab1-susan-1"


class Scene:
    """The PBX, and everything it has said since the story began."""

    def __init__(self, ami: Ami, settings: control.ControlSettings) -> None:
        self.ami, self.settings = ami, settings
        self.blocks: list[str] = []
        self.more = asyncio.Event()

    async def listen(self, reader: asyncio.StreamReader) -> None:
        while True:
            self.blocks.append((await reader.readuntil(b"\r\n\r\n")).decode())
            self.more.set()

    async def until(self, *words: str, times: int = 1) -> None:
        """Wait until so many messages have all these words in them."""
        async with asyncio.timeout(45):
            while sum(all(word in block for word in words) for block in self.blocks) < times:
                self.more.clear()
                await self.more.wait()

    async def dial(self, scenario: int, seconds: int = 0, *, ring: int = 20, **changes: object) -> None:
        command = originate(
            attempt_id=CALL,
            permit=permit(carrier.number(scenario, 1, seconds), stale_at=datetime.max.replace(tzinfo=UTC)),
            agent_leg=ANNA,
            ring_seconds=ring,
            **changes,
        )
        print("   ", await control.originate(self.ami, command, self.settings, datetime.now(UTC)))

    async def over(self, leg: str = CALL) -> None:
        await self.until("Event: Hangup", leg)
        await self.until("Event: OriginateResponse", leg)

    async def ring(self, phone: str, leg: str, **changes: object) -> None:
        who = leg.split("-")[2]
        command = ring_agent(agent_id=who, leg_id=leg, endpoint=phone, **changes)
        await control.ring_agent(self.ami, command, self.settings)

    async def agent(self, phone: str = "agent01", leg: str = ANNA) -> None:
        await self.ring(phone, leg)
        await self.until("holding_bridge", "Event: BridgeEnter", leg)

    async def supervisor(self) -> None:
        await control.ring_supervisor(self.ami, RingSupervisor("susan", SUSAN, "supervisor01"), self.settings)
        await self.until("SupervisorIdle")

    async def spy(self, mode: SpyMode | None) -> None:
        await control.spy_on(self.ami, SpyOn("susan", SUSAN, ANNA if mode else None, mode))

    async def hang_up(self, leg: str) -> None:
        await control.hangup(self.ami, HangupLeg(leg))
        await self.until("Event: Hangup", leg)


Story = Callable[[Scene], Awaitable[None]]


def fails(scenario: int, **how: object) -> Story:
    async def story(scene: Scene) -> None:
        await scene.dial(scenario, **how)  # type: ignore[arg-type]
        await scene.over()

    return story


async def bridged(scene: Scene) -> None:
    await scene.agent()
    await scene.dial(1, 2)
    await scene.over()
    await scene.until("AgentFree", ANNA, times=2)


async def agent_hangs_up(scene: Scene) -> None:
    await scene.agent()
    await scene.dial(1, 10)
    await scene.until("simple_bridge", "Event: BridgeEnter", times=2)
    await scene.hang_up(ANNA)
    await scene.over()


async def we_hang_up_while_it_rings(scene: Scene) -> None:
    await scene.dial(3)
    await scene.until("Event: Newstate", "ChannelStateDesc: Ringing")
    await scene.hang_up(CALL)
    await scene.over()


async def abandoned(scene: Scene) -> None:
    await scene.dial(1, 10)
    await scene.over()


async def key_in_the_message(scene: Scene) -> None:
    await scene.dial(14, 1)
    await scene.until("UserEvent: OptOut")
    await control.thank(scene.ami, ThankCustomer(CALL))
    await scene.over()


async def key_in_conversation(scene: Scene) -> None:
    await scene.agent()
    await scene.dial(14, 1)
    await scene.over()


async def second_agent(scene: Scene) -> None:
    await scene.agent("agent02", BEN)
    await scene.dial(1, 3)
    await scene.until("BridgeFailed")
    await control.offer_agent(scene.ami, OfferAgent(CALL, "ben", BEN))
    await scene.over()


async def no_such_trunk(scene: Scene) -> None:
    await scene.dial(1, trunk="nowhere")
    await scene.until("Event: OriginateResponse", CALL)


async def machine(scene: Scene) -> None:
    await scene.agent()
    await scene.dial(10, amd=True, machine_policy=MachinePolicy.HANGUP)
    await scene.over()


async def person_checked(scene: Scene) -> None:
    await scene.agent()
    await scene.dial(1, 8, amd=True)
    await scene.over()


def phone(name: str, **changes: object) -> Story:
    async def story(scene: Scene) -> None:
        await scene.ring(name, ANNA, **changes)
        await scene.until("Event: OriginateResponse", ANNA)

    return story


async def on_hook(scene: Scene) -> None:
    await scene.ring("agent01", ANNA, on_hook=True)
    await scene.until("holding_bridge", ANNA)
    await scene.dial(1, 2)
    await scene.over(ANNA)
    await scene.over()


async def supervisor(scene: Scene) -> None:
    await scene.agent()
    await scene.supervisor()
    for n, mode in enumerate(SpyMode, 1):
        await scene.spy(mode)
        await scene.until("Event: ChanSpyStart", times=n)
    await scene.spy(None)
    await scene.until("SupervisorIdle", times=2)
    await scene.spy(SpyMode.LISTEN)
    await scene.until("Event: ChanSpyStart", times=4)
    await scene.hang_up(ANNA)
    await scene.until("SupervisorIdle", times=3)
    await scene.hang_up(SUSAN)


STORIES: dict[str, Story] = {
    "bridged": bridged,
    "agent_hangs_up": agent_hangs_up,
    "we_hang_up_while_it_rings": we_hang_up_while_it_rings,
    "no_answer": fails(3, ring=2),
    "busy": fails(4),
    "rejected": fails(5, seconds=1),
    "unallocated": fails(6),
    "congestion": fails(7),
    "stuck": fails(8, ring=2),
    "announcement": fails(9),
    "silent_trunk": fails(1, ring=2, trunk="silent"),
    "silent_trunk_for_long": fails(1, ring=60, trunk="silent"),
    "no_such_trunk": no_such_trunk,
    "answered_and_gone": fails(11),
    "abandoned": abandoned,
    "key_in_the_message": key_in_the_message,
    "key_in_conversation": key_in_conversation,
    "second_agent": second_agent,
    "machine": machine,
    "person_checked": person_checked,
    "phone_refuses": phone("agent03"),
    "phone_does_not_answer": phone("agent04"),
    "phone_unknown": phone("agent77"),
    "phone_on_hook": on_hook,
    "supervisor": supervisor,
}


async def clear(ami: Ami) -> None:
    """No leg of ours is left."""
    while alive := await control.live_legs(ami):
        for leg in alive:
            await control.hangup(ami, HangupLeg(leg.leg_id))
        await asyncio.sleep(0.05)


async def record(name: str, scene: Scene, version: str) -> None:
    print(name)
    scene.blocks.clear()
    try:
        await STORIES[name](scene)
    except TimeoutError:
        print("".join(scene.blocks))
        raise
    await clear(scene.ami)
    await asyncio.sleep(0.2)  # what comes late belongs to the story
    (HERE / f"{name}.txt").write_text(f"# Asterisk {version}\r\n\r\n" + "".join(scene.blocks), newline="")


async def main(state: LabState, names: list[str]) -> None:
    ami = Ami(AmiSettings(state.ami_host, state.ami_port, state.ami_user, state.ami_secret), WANTED)
    message, thanks = f"{state.prompts}/abandon", f"{state.prompts}/thanks"
    settings = control.ControlSettings(
        state.recording_dir, agent_ring_seconds=3, message=message, opt_out_key="9", thanks=thanks
    )
    scene = Scene(ami, settings)
    reader, writer = await asyncio.open_connection(state.ami_host, state.ami_port)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(ami.run())
        await anext(item async for item in ami.messages() if isinstance(item, LinkUp))
        login = f"Action: Login\r\nUsername: {state.ami_user}\r\nSecret: {state.ami_secret}\r\n\r\n"
        writer.write(login.encode())
        listening = tasks.create_task(scene.listen(reader))
        await scene.until("FullyBooted")
        await clear(ami)
        for name in names or STORIES:
            await record(name, scene, state.version)
        listening.cancel()
        ami.close()
        await running
    writer.close()


if __name__ == "__main__":
    found = lab.status(Path(sys.argv[1]))
    if found is None:
        sys.exit("no lab runs there")
    started = datetime.now(UTC)
    asyncio.run(main(found, sys.argv[2:]))
    print(f"recorded in {(datetime.now(UTC) - started) / timedelta(seconds=1):.0f} s")
