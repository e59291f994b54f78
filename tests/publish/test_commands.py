import asyncio
import json
from typing import Any

import pytest

from dialer.publish import commands as commands_module
from dialer.publish.commands import LARGEST, CommandRefused, Commands
from dialer.publish.topics import Reply

PAUSE = "dialer/n1/command/pause"


class Desk:
    """Takes commands, remembers them and does as `orders` say."""

    def __init__(self) -> None:
        self.took: list[tuple[str, dict[str, Any]]] = []

    async def accept(self, command: str, body: dict[str, Any]) -> dict[str, Any]:
        self.took.append((command, body))
        match command:
            case "refuse":
                raise CommandRefused("agent 13125551234 is talking")
            case "hang":
                await asyncio.Event().wait()
            case "fail":
                raise RuntimeError("secret cause")
            case "strange":
                return {"no json": object()}
        return {"number": len(self.took)}


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def commands(desk: Desk) -> Commands:
    return Commands("n1", desk.accept, limit=0.05)


async def answer(commands: Commands, content: Any, name: str = PAUSE, retained: bool = False) -> tuple[str, Reply]:
    return await commands.answer(
        name, content if isinstance(content, bytes) else json.dumps(content).encode(), retained
    )


async def test_a_command_is_carried_out_and_answered_under_its_id(commands: Commands, desk: Desk) -> None:
    where, reply = await answer(commands, {"id": "c1", "body": {"agent_id": "ann"}})
    assert where == "dialer/n1/reply/c1"
    assert reply == Reply(id="c1", command="pause", ok=True, result={"number": 1})
    assert desk.took == [("pause", {"agent_id": "ann"})]


async def test_the_answer_goes_where_the_asker_wants_it(commands: Commands) -> None:
    assert (await answer(commands, {"id": "c1", "reply_to": "dialer/n1/reply/crm"}))[0] == "dialer/n1/reply/crm"


async def test_the_same_command_twice_is_carried_out_once(commands: Commands, desk: Desk) -> None:
    first = await answer(commands, {"id": "c1", "body": {"a": 1, "b": 2}})
    assert await answer(commands, {"id": "c1", "body": {"b": 2, "a": 1}}) == first
    assert len(desk.took) == 1


@pytest.mark.parametrize(("name", "body"), [(PAUSE, {"a": 2}), ("dialer/n1/command/other", {"a": 1})])
async def test_an_id_that_was_used_for_another_command_is_an_error(
    commands: Commands, desk: Desk, name: str, body: dict[str, Any]
) -> None:
    await answer(commands, {"id": "c1", "body": {"a": 1}})
    _, reply = await answer(commands, {"id": "c1", "body": body}, name)
    assert (reply.ok, reply.error) == (False, "id_reused")
    assert len(desk.took) == 1


async def test_an_id_is_forgotten_after_its_window(
    commands: Commands, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands_module, "WINDOW", -1.0)
    await answer(commands, {"id": "c1"})
    await answer(commands, {"id": "c1"})
    assert len(desk.took) == 2


async def test_no_more_than_so_many_ids_are_remembered(
    commands: Commands, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands_module, "REMEMBERED", 2)
    for name in ("c1", "c2", "c3", "c2", "c3", "c1"):
        await answer(commands, {"id": name})
    assert len(desk.took) == 4  # only the oldest was carried out again


@pytest.mark.parametrize(
    ("command", "error", "sentence"),
    [
        ("refuse", "refused", "agent …234 is talking"),
        ("hang", "timed_out", "unknown"),
        ("fail", "failed", "log"),
        ("strange", "failed", "log"),
    ],
)
async def test_what_goes_wrong_is_answered(commands: Commands, command: str, error: str, sentence: str) -> None:
    _, reply = await answer(commands, {"id": "c1"}, f"dialer/n1/command/{command}")
    assert (reply.ok, reply.error) == (False, error)
    assert sentence in reply.sentence
    assert "secret" not in reply.sentence
    assert commands.malformed == 0


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b"", "malformed"),
        (b"\xff\xfe", "malformed"),
        (b"{", "malformed"),
        (b"[]", "malformed"),
        (b"null", "malformed"),
        (b"[" * 50_000, "malformed"),
        (b'{"body": {}}', "malformed"),
        (b'{"id": 7}', "malformed"),
        (b'{"id": "a/b"}', "malformed"),
        (b'{"id": "#"}', "malformed"),
        (b'{"id": "c1", "body": []}', "c1"),
        (b'{"id": "c1", "also": 1}', "c1"),
        (b'{"id": "c1", "reply_to": "dialer/n2/reply/x"}', "c1"),
        (b'{"id": "c1", "reply_to": "dialer/n1/reply/#"}', "c1"),
        (b'{"id": "c1", "reply_to": "dialer/n1/command/pause"}', "c1"),
        (b'{"id": "c1"}' + b" " * LARGEST, "c1"),
    ],
)
async def test_a_malformed_command_is_answered_counted_and_not_carried_out(
    commands: Commands, desk: Desk, content: bytes, where: str
) -> None:
    topic, reply = await answer(commands, content)
    assert topic == f"dialer/n1/reply/{where}"
    assert (reply.ok, reply.error) == (False, "malformed")
    assert commands.malformed == 1
    assert desk.took == []


async def test_a_retained_command_is_not_carried_out(commands: Commands, desk: Desk) -> None:
    _, reply = await answer(commands, {"id": "c1"}, retained=True)
    assert reply.error == "malformed"
    assert desk.took == []


async def test_a_command_without_a_name_is_malformed(commands: Commands) -> None:
    assert (await answer(commands, {"id": "c1"}, "dialer/n1/command/a/b"))[1].error == "malformed"


def test_where_there_is_no_room_the_asker_is_told(commands: Commands) -> None:
    where, reply = commands.busy(PAUSE, b'{"id": "c1"}')
    assert (where, reply.error, reply.command) == ("dialer/n1/reply/c1", "busy", "pause")
    assert commands.busy(PAUSE, b"")[0] == "dialer/n1/reply/malformed"
