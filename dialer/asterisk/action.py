"""Building actions. Every field has a grammar; what does not match is refused, never repaired.

AMI has no quoting. A CR or a bare LF in a value begins a new header or a whole new action, a comma in `Variable` cuts
the value, `&` dials a second number, and `${...}` would be evaluated by a dialplan. So nothing is escaped here: the
grammars let none of these characters through, and no text about a customer is sent to Asterisk at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

MAX_VALUE = 1000  # bytes; Asterisk 22 fails an action with a line of 1,024
LONGEST = {"Channel": 255, "CallerID": 255, "ChannelId": 149, "ActionID": 149}  # bytes; a Uniqueid has 149
MAX_VARIABLES = 110  # Asterisk 22 took 118 headers and failed at 130

Action = dict[str, str | list[str]]

# C0, DEL, C1 and the line and paragraph separators: whatever any reader on the way might take for the end of a line.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")

_ID = r"(?:call|agent|spy|transfer)(?:-[a-z0-9]+){3,}"
_WORDS = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_NAME = r"[A-Za-z0-9_-]{1,64}"
_PATH = r"/?[A-Za-z0-9_-]+(?:[/.][A-Za-z0-9_-]+)*"  # no "..", no "//", no name that begins with a dot

_FIELDS = {
    "Action": r"[A-Za-z]{1,40}",
    "ActionID": _ID,
    "ChannelId": _ID,
    "Channel": rf"{_ID}|PJSIP/[0-9]{{3,18}}@{_NAME}|PJSIP/{_NAME}",
    "CallerID": r"\+?[0-9]{3,18}",
    "Context": r"dialer-[a-z]+",
    "Exten": r"[a-z]+",
    "Priority": r"1",
    "Timeout": r"[1-9][0-9]{2,5}",
    "Async": r"true",
}
_VARIABLES = {
    "DIALER_AGENT": _ID,
    "DIALER_AGENT_ID": _WORDS,
    "DIALER_SPY": _ID,
    "DIALER_CUSTOMER": _ID,
    "DIALER_TRANSFER": _ID,
    "DIALER_RECORDING": _PATH,
    "DIALER_NOTICE": rf"(?:{_PATH})?",
    "DIALER_AMD": r"yes|no",
    "DIALER_MACHINE": r"hangup|message",
    "DIALER_HOLD_MS": r"[0-9]{1,5}",
    "DIALER_MESSAGE": rf"(?:{_PATH})?",
    "DIALER_THANKS": rf"(?:{_PATH})?",
    "DIALER_KEY": r"[0-9*]?",
    "DIALER_ON_HOOK": r"yes|no",
}
GRAMMAR: dict[str, re.Pattern[str]] = {
    name: re.compile(text, re.ASCII) for name, text in (_FIELDS | _VARIABLES).items()
}


class BadValue(ValueError):
    """A value may not go to Asterisk. Names the field and the fault, never the value: it may be a person's number."""

    def __init__(self, field: str, fault: str) -> None:
        super().__init__(f"{field} {fault}")
        self.field = field


def build(action: str, fields: Mapping[str, str], variables: Mapping[str, str] | None = None) -> Action:
    """An action ready to be sent, every field and variable held against its grammar.

    Raises:
        BadValue: a field or variable we do not know, or a value that its grammar does not allow.
    """
    built: Action = {"Action": checked("Action", action)}
    for name, value in fields.items():
        if name not in _FIELDS:
            raise BadValue("a field", "is not one we send")
        built[name] = checked(name, value)
    if variables:
        built["Variable"] = [assignment(name, value) for name, value in variables.items()]
        if len(variables) > MAX_VARIABLES:
            raise BadValue("Variable", f"is there more than {MAX_VARIABLES} times")
    return built


def set_variable(leg_id: str, name: str, value: str) -> Action:
    """`Setvar` on one of our own channels; its `Variable` and `Value` are not those of an Originate."""
    assignment(name, value)
    return build("Setvar", {"Channel": leg_id}) | {"Variable": name, "Value": value}


def assignment(name: str, value: str) -> str:
    """`NAME=value` for a variable of ours."""
    if name not in _VARIABLES:
        raise BadValue("a variable", "is not one of the dialplan's")
    return f"{name}={checked(name, value)}"


def checked(name: str, value: str) -> str:
    """The value itself, where its grammar allows it.

    Raises:
        BadValue: it does not.
    """
    plain(name, value)
    size = len(value.encode("utf-8", "surrogatepass"))
    if size > LONGEST.get(name, MAX_VALUE):
        raise BadValue(name, f"is too long ({size} bytes)")
    if GRAMMAR[name].fullmatch(value) is None:
        raise BadValue(name, "does not match what it may be")
    return value


def plain(name: str, value: str) -> str:
    """The value itself, where no character in it could end a line.

    Raises:
        BadValue: one could.
    """
    if _CONTROL.search(value):
        raise BadValue(name, "has a control character or a line separator in it")
    return value
