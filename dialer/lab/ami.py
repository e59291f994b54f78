"""A few questions to an Asterisk's manager interface: what the lab needs to know that it is up, and no more."""

import asyncio
from collections.abc import Sequence


async def values(host: str, port: int, user: str, secret: str, expressions: Sequence[str]) -> list[str]:
    """What Asterisk says for each dialplan expression, such as `DEVICE_STATE(PJSIP/agent01)`, once it has booted.

    The interface lets one in earlier, when the functions are not there yet: FullyBooted comes after the login.
    Raises OSError when nobody listens, PermissionError when the login is refused, EOFError when the line is cut.
    """
    reader, writer = await asyncio.open_connection(host, port)
    try:
        await reader.readline()  # the banner
        if (await _answer(reader, writer, f"Login\r\nUsername: {user}\r\nSecret: {secret}"))["Response"] != "Success":
            raise PermissionError("the manager interface refused the login")
        while (await _message(reader)).get("Event") != "FullyBooted":
            pass
        return [
            (await _answer(reader, writer, f"Getvar\r\nVariable: {expression}")).get("Value", "")
            for expression in expressions
        ]
    finally:
        writer.close()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, action: str) -> dict[str, str]:
    writer.write(f"Action: {action}\r\n\r\n".encode())
    while "Response" not in (message := await _message(reader)):
        pass
    return message


async def _message(reader: asyncio.StreamReader) -> dict[str, str]:
    text = (await reader.readuntil(b"\r\n\r\n")).decode(errors="replace")
    return {key: value for key, _, value in (line.partition(": ") for line in text.split("\r\n") if line)}
