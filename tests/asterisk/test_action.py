"""What may leave for Asterisk, and what may not."""

from __future__ import annotations

import pytest

from dialer.asterisk.action import GRAMMAR, MAX_VALUE, BadValue, build, checked, set_variable

EVIL = [
    "x\r\nAction: Originate",
    "x\nAction: Originate",
    "x\rY",
    "x\x00y",
    "x\x1by",
    "x\x7fy",
    "x\x85y",
    "x\u2028y",
    "x\u2029y",
    "1&PJSIP/2",
    "Doe, John",
    "${SHELL(id)}",
    "$[1+1]",
    "a|b",
    "a;b",
    "../../etc/passwd",
    "/lab/../etc/passwd",
    "a=b",
    "a:b",
    'a"b',
    "a b",
    "\t12345",
    "１２３４５",
    "+１２３４５",
    "王",
    "\ud800",
    "x" * 1001,
]


@pytest.mark.parametrize("name", sorted(GRAMMAR))
@pytest.mark.parametrize("value", EVIL, ids=ascii)
def test_no_field_lets_a_dangerous_value_through(name: str, value: str) -> None:
    with pytest.raises(BadValue) as refused:
        checked(name, value)
    assert refused.value.field == name
    assert value not in str(refused.value)


@pytest.mark.parametrize("number", ["12", "1" * 19, "+", "", "+12", "12a4", "0x123", "-123", "+999-123"])
def test_what_is_no_number_is_not_dialed(number: str) -> None:
    with pytest.raises(BadValue):
        checked("CallerID", number)
    with pytest.raises(BadValue):
        checked("Channel", f"PJSIP/{number}@carrier")


@pytest.mark.parametrize("path", ["/lab/a//b", "/lab/./b", "/lab/.b", "/lab/b.", "/lab/b/", "..", "/", ""])
def test_a_path_that_is_not_plain_is_refused(path: str) -> None:
    with pytest.raises(BadValue):
        checked("DIALER_RECORDING", path)


def test_a_value_of_the_longest_length_passes_and_one_more_byte_does_not() -> None:
    assert checked("DIALER_RECORDING", "/" + "r" * (MAX_VALUE - 1))
    with pytest.raises(BadValue, match="too long"):
        checked("DIALER_RECORDING", "/" + "r" * MAX_VALUE)


def test_an_id_longer_than_a_uniqueid_may_be_is_refused() -> None:
    assert build("Originate", {"ChannelId": "call-a-1-" + "1" * 140})
    with pytest.raises(BadValue, match="too long"):
        build("Originate", {"ChannelId": "call-a-1-" + "1" * 141})


def test_a_channel_longer_than_asterisk_keeps_is_refused() -> None:
    with pytest.raises(BadValue, match="too long"):
        build("Hangup", {"Channel": "call-a-" + "1" * 260 + "-1"})


def test_fields_and_variables_nobody_knows_are_refused() -> None:
    with pytest.raises(BadValue):
        build("Originate", {"Application": "System"})
    with pytest.raises(BadValue):
        build("Originate", {"Variable": "X=1"})
    with pytest.raises(BadValue):
        build("Originate", {}, {"SHELL": "yes"})
    with pytest.raises(BadValue):
        set_variable("call-a-1-1", "GLOBAL(X)", "yes")


def test_more_variables_than_asterisk_takes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dialer.asterisk.action.MAX_VARIABLES", 1)
    with pytest.raises(BadValue, match="more than 1 times"):
        build("Originate", {}, {"DIALER_AMD": "yes", "DIALER_ON_HOOK": "no"})


def test_setvar_reaches_our_own_legs_only() -> None:
    action = set_variable("call-a-1-1", "DIALER_AGENT", "agent-a-anna-1")
    assert action == {
        "Action": "Setvar",
        "Channel": "call-a-1-1",
        "Variable": "DIALER_AGENT",
        "Value": "agent-a-anna-1",
    }
