"""Calls as the service places them, written as plain AMI."""

import itertools
import os
from pathlib import Path

from dialer.lab.state import LabState
from tests.support.raw_ami import Message, RawAmi

_serial = itertools.count(1)
_TAG = f"t{os.getpid()}"


def _leg(kind: str) -> str:
    return f"{kind}-{_TAG}-{next(_serial)}-1"


class Calls:
    """Customer, agent and supervisor legs in one lab; ids are unique in a test run."""

    def __init__(self, lab: LabState, ami: RawAmi) -> None:
        self.lab, self.ami = lab, ami
        self.legs: list[str] = []

    async def customer(self, number: str, timeout_ms: int = 20_000, trunk: str = "carrier", **variables: str) -> str:
        """Places a call and gives its attempt id; `number` is E.164 with its plus."""
        return await self._originate(
            _leg("call"), f"PJSIP/{number[1:]}@{trunk}", "dialer-customer", "s", variables, timeout_ms
        )

    async def transfer(self, customer: str, number: str, timeout_ms: int = 20_000) -> str:
        """Calls whom a customer is to be handed over to."""
        leg = _leg("transfer")
        named = {"Channel": customer, "Variable": "DIALER_TRANSFER", "Value": leg}
        assert (await self.ami.send("Setvar", **named))["Response"] == "Success"
        variables = {"DIALER_CUSTOMER": customer}
        return await self._originate(leg, f"PJSIP/{number[1:]}@carrier", "dialer-transfer", "s", variables, timeout_ms)

    async def agent(self, phone: str = "agent01", **variables: str) -> str:
        """Calls an agent's phone and waits until its leg is free."""
        leg = await self.agent_ringing(phone, **variables)
        await self.ami.wait_for("UserEvent", UserEvent="AgentFree", AgentLeg=leg)
        await self.ami.wait_for("BridgeEnter", Uniqueid=leg)
        return leg

    async def agent_ringing(self, phone: str, timeout_ms: int = 5_000, **variables: str) -> str:
        given = {"DIALER_AGENT_ID": phone, **variables}
        return await self._originate(_leg("agent"), f"PJSIP/{phone}", "dialer-agent", "s", given, timeout_ms)

    async def supervisor(self, phone: str = "supervisor01") -> str:
        """Calls a supervisor's phone and waits until its leg is idle."""
        leg = await self._originate(_leg("spy"), f"PJSIP/{phone}", "dialer-supervisor", "idle", {}, 5_000)
        await self.ami.wait_for("UserEvent", UserEvent="SupervisorIdle", SpyLeg=leg)
        return leg

    async def ended(self, leg: str, within: float = 15) -> Message:
        return await self.ami.wait_for("Hangup", within, Uniqueid=leg)

    def said(self, leg: str) -> list[str]:
        """The names of the dialplan's events for a leg, in order."""
        return [e["UserEvent"] for e in self.ami.seen("UserEvent", Uniqueid=leg)]

    def bridged_for(self, leg: str) -> float:
        """Seconds from the customer's entering to leaving the call's bridge, by Asterisk's clock."""
        entered, left = (self.ami.seen(event, Uniqueid=leg)[0] for event in ("BridgeEnter", "BridgeLeave"))
        return float(left["Timestamp"]) - float(entered["Timestamp"])

    def recording(self, leg: str) -> tuple[str, Path]:
        """What DIALER_RECORDING says for this leg, and where the file is for us."""
        return f"{self.lab.recording_dir}/{leg}", self.lab.spool / f"{leg}.raw"

    async def hang_up_all(self) -> None:
        for leg in self.legs:
            if not self.ami.seen("Hangup", Uniqueid=leg):
                await self.ami.send("Hangup", Channel=leg)
        for leg in self.legs:
            await self.ended(leg)

    async def _originate(
        self, leg: str, channel: str, context: str, exten: str, variables: Message, timeout_ms: int
    ) -> str:
        if "DIALER_RECORDING" in variables:
            variables = {**variables, "DIALER_RECORDING": self.recording(leg)[0]}
        answer = await self.ami.send(
            "Originate",
            variables,
            Channel=channel,
            Context=context,
            Exten=exten,
            Priority=1,
            Async="true",
            Timeout=timeout_ms,
            ChannelId=leg,
            CallerID="<+99900000000>",
        )
        assert answer["Response"] == "Success", answer
        self.legs.append(leg)
        return leg
