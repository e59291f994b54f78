"""What rings a customer takes a permit, and only the gate makes one: said by the types, the code and the dialplan."""

from __future__ import annotations

import ast
import copy
import pickle
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import dialer
from dialer.asterisk.action import BadValue
from dialer.asterisk.control import ControlSettings, ring_agent, ring_supervisor
from dialer.core.commands import RingAgent, RingSupervisor
from dialer.core.compliance.gate import Permit
from tests.core.makers import make_permit

CODE = Path(dialer.__file__).parent
CONF = CODE.parent / "asterisk_conf"

# --- nobody else makes a permit ---------------------------------------------------------------------------------------


def _empty() -> Any:
    return object.__new__(Permit)


@pytest.mark.parametrize(
    "forge",
    [
        lambda real: Permit(real.basis, real.stale_at),
        lambda real: Permit(real.basis, real.stale_at, seal=object()),
        lambda real: replace(real, stale_at=real.stale_at),
        lambda real: real.__init__(real.basis, real.stale_at),
        copy.copy,
        copy.deepcopy,
        pickle.dumps,
        lambda real: _empty().__setstate__([real.basis, real.stale_at]),
        lambda real: type("Mine", (Permit,), {"__post_init__": lambda self, seal: None}),
    ],
)
def test_a_permit_is_not_made_copied_changed_or_derived_by_others(forge: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match="by the compliance gate and by nobody else"):
        forge(make_permit())


def test_a_permit_that_was_given_is_not_changed() -> None:
    with pytest.raises(AttributeError):
        make_permit().stale_at = None  # type: ignore[misc, assignment]


def test_what_was_built_past_the_class_has_no_number_to_dial() -> None:
    with pytest.raises(AttributeError):
        assert _empty().number


# --- the types --------------------------------------------------------------------------------------------------------

SNIPPET = """
from datetime import UTC, datetime, timedelta
from dialer.core.campaign import MachinePolicy
from dialer.core.commands import Originate, OriginateTransfer
from dialer.core.compliance.gate import Basis, Permit, Refusal
from dialer.core.number import Number

def call(given: {kind}) -> Originate:
    return Originate("call-a-1-1", given, "carrier", "4001", "agent-a-ann-1", 20, False, MachinePolicy.HANGUP, "")

def hand_over(given: {kind}) -> OriginateTransfer:
    return OriginateTransfer("transfer-a-1-1", "call-a-1-1", given, "carrier", "4001", 20)
"""


def test_an_order_to_call_takes_a_permit_and_nothing_else(tmp_path: Path) -> None:
    kinds = ["Permit", "Number", "str", "Refusal", "Basis", "None", "Permit | Refusal", "Permit | None"]
    files = [tmp_path / f"given_{place}.py" for place in range(len(kinds))]
    for file, kind in zip(files, kinds, strict=True):
        file.write_text(SNIPPET.format(kind=kind))
    options = ["--strict", "--no-error-summary", "--cache-dir", str(tmp_path), "--config-file", ""]
    command = [sys.executable, "-m", "mypy", *options, *map(str, files)]
    done = subprocess.run(command, cwd=CODE.parent, capture_output=True, text=True, timeout=240, check=False)
    wrong = [sum(file.name in line and "[arg-type]" in line for line in done.stdout.splitlines()) for file in files]
    assert wrong == [0] + [2] * (len(kinds) - 1), done.stdout + done.stderr


def test_a_permit_is_not_derived_from_as_far_as_types_know() -> None:
    assert getattr(Permit, "__final__", False)


# --- the code ---------------------------------------------------------------------------------------------------------


def _modules() -> Iterator[tuple[str, ast.Module]]:
    for file in sorted(CODE.rglob("*.py")):
        place = file.relative_to(CODE)
        if place.parts[0] not in ("lab", "demo"):  # tools beside the product, which reach simulated phones only
            yield place.as_posix(), ast.parse(file.read_text(encoding="utf-8"))


def _functions(tree: ast.Module) -> dict[str, ast.AST]:
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def _is_action(node: ast.Dict) -> bool:
    return bool(node.keys) and node.keys[0] is not None and ast.unparse(node.keys[0]) == "'Action'"


def _calls(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def test_orders_to_ring_are_written_in_one_place_and_the_probe_in_another() -> None:
    writing = {
        (name, ast.unparse(node))
        for name, tree in _modules()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Call) and node.args and ast.unparse(node.args[0]) == "'Originate'")
        or (isinstance(node, ast.Dict) and "'Action': 'Originate'" in ast.unparse(node))
    }
    assert {name for name, _ in writing} == {"asterisk/control.py", "asterisk/fitness.py"}
    assert len(writing) == 2
    [probe] = (text for name, text in writing if name == "asterisk/fitness.py")
    assert "'Channel': 'Local/probe@dialer-nowhere'" in probe


def test_a_number_on_a_trunk_is_written_from_a_permit_alone() -> None:
    [tree] = (tree for name, tree in _modules() if name == "asterisk/control.py")
    functions = _functions(tree)
    ringing = {name for name, node in functions.items() if "_originate" in _calls(node)}
    assert ringing == {"originate_action", "transfer_action", "ring_agent", "ring_supervisor"}
    channels = {
        name: ast.unparse(keyword.value)
        for name in ringing
        for node in ast.walk(functions[name])
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "_originate"
        for keyword in node.keywords
        if keyword.arg == "channel"
    }
    permitted = "f'PJSIP/{command.permit.number.digits}@{command.trunk}'"
    phone = "_phone(command.endpoint)"
    assert channels == {
        "originate_action": permitted,
        "transfer_action": permitted,
        "ring_agent": phone,
        "ring_supervisor": phone,
    }


def test_nobody_else_talks_to_asterisk_or_has_the_gates_seal() -> None:
    asking = {
        name
        for name, tree in _modules()
        for call in _calls(tree)
        if re.fullmatch(r".*\bami\.ask|.*protocol\.send", call)
    }
    assert asking == {"asterisk/control.py", "asterisk/connection.py", "asterisk/fitness.py", "cli/checkup/pbx.py"}
    [doctor] = (tree for name, tree in _modules() if name == "cli/checkup/pbx.py")
    asked = {
        ast.unparse(node.values[0]) for node in ast.walk(doctor) if isinstance(node, ast.Dict) and _is_action(node)
    }
    assert asked == {"'ShowDialPlan'", "'Ping'", "'Getvar'"}
    building = {name for name, tree in _modules() for call in _calls(tree) if call == "action.build"}
    assert building == {"asterisk/control.py"}
    sealed = {name for name, tree in _modules() if "_SEAL" in {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}}
    assert sealed == {"core/compliance/gate.py"}


async def test_a_phone_that_is_a_number_on_a_trunk_is_not_rung() -> None:
    """Users' phones are checked where they are entered; the order to ring one does not rely on it."""
    nobody: Any = None
    with pytest.raises(BadValue):
        await ring_agent(
            nobody, RingAgent("ann", "agent-t1-ann-7", "12125550123@carrier", False), ControlSettings("/rec")
        )
    order = RingSupervisor("boss", "spy-t1-boss-7", "12125550123@carrier")
    with pytest.raises(BadValue):
        await ring_supervisor(nobody, order, ControlSettings("/rec"))


# --- the dialplan -----------------------------------------------------------------------------------------------------

HARMLESS = {
    "AMD", "Answer", "Bridge", "BridgeWait", "ChanSpy", "ChannelRedirect", "ExecIf", "Gosub", "Goto", "GotoIf",
    "Hangup", "Playback", "Read", "Return", "Set", "StopMixMonitor", "UserEvent", "Wait", "WaitForSilence",
}  # fmt: skip
"""None of these begins a call: they work on legs that are there. `Dial`, `Originate`, `Page` or `Queue` do."""


def _steps() -> Iterator[tuple[str, str, str, str]]:
    """Context, extension, application and what it is given, of every line of the dialplan."""
    context = exten = ""
    for line in (CONF / "extensions.conf").read_text(encoding="utf-8").splitlines():
        line = line.partition(";")[0].strip()
        if line.startswith("["):
            context = line.strip("[]")
        elif found := re.match(r"(?:exten => ([^,]+),[^,]+|same => n(?:\([a-z]+\))?),([A-Za-z]+)\((.*)\)$", line):
            exten = found[1] or exten
            yield context, exten, found[2], found[3]
        else:
            assert not line.startswith(("exten", "same")), line


def test_the_dialplan_begins_no_call() -> None:
    steps = list(_steps())
    assert len(steps) > 50
    inside = {app for _, _, app, given in steps if app == "ExecIf" for app in re.findall(r"\?:?([A-Za-z]+)\(", given)}
    assert {app for _, _, app, _ in steps} | inside <= HARMLESS | {"MixMonitor"}
    assert not any(word in given for _, _, _, given in steps for word in ("PJSIP/", "Local/", "@", "SHELL(", "EVAL("))


def test_a_bridge_gives_nobody_a_key_to_call_somebody_else() -> None:
    """Bridge's options t, T, k, K would; ours has none, and features.conf binds no key to a transfer."""
    assert {given for _, _, app, given in _steps() if app == "Bridge"} == {"${DIALER_AGENT}", "${DIALER_TRANSFER}"}
    features = (CONF / "features.conf").read_text(encoding="utf-8")
    bound = [line for line in features.splitlines() if line.partition(";")[0].strip()]
    assert not [line for line in bound if re.match(r"\s*(blindxfer|atxfer|automixmon)\s*=>?\s*\S", line)]


def test_a_number_dialed_by_a_phone_or_the_carrier_ends_at_once() -> None:
    """Whatever is sent to a number, by a phone, a SIP transfer or a carrier, finds no extension that goes on."""
    numbers = {(context, app) for context, exten, app, _ in _steps() if not re.fullmatch(r"[a-z]+", exten)}
    assert numbers == {("dialer-inbound", "Hangup")}
    contexts = re.findall(r"(?m)^context\s*=\s*([a-z-]+)", (CONF / "pjsip.conf").read_text(encoding="utf-8"))
    assert set(contexts) == {"dialer-inbound", "dialer-nowhere"}
    assert not [step for step in _steps() if step[0] == "dialer-nowhere"]
    text = (CONF / "extensions.conf").read_text(encoding="utf-8")
    assert not re.search(r"(?m)^\s*include\s*=>|^\s*switch\s*=>", text)
