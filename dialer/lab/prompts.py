"""The lab's voices: what customers, machines and agents say, made once by espeak-ng, kept beside the private root."""

import asyncio
import hashlib
import io
import json
import math
import shutil
import struct
import tempfile
import wave
from collections.abc import Mapping
from pathlib import Path

RATE = 8000
"""Samples a second, one channel, 16 bit: what Asterisk plays without converting rates."""


class PromptsMissing(Exception):
    """The voices cannot be made here; the message says what to install."""


# name: parts in order; a part is (voice, text), a pause in seconds, or "beep"
_Part = tuple[str, str] | float | str
PROMPTS: dict[str, tuple[_Part, ...]] = {
    # A person who is called by a stranger: one word, then waiting. AMD hears a person in it.
    "human": (("en-gb", "Hello?"), 2.0, ("en-gb", "Yes, speaking. What is it about?"), 0.5),
    "human-more": (("en-gb", "I see. Please go on, I am listening. How much would that cost me each month?"), 0.5),
    "chinese": (("cmn", "喂？"), 2.0, ("cmn", "你好，请问是哪位？"), 0.5),
    "chinese-more": (("cmn", "好的，请继续说，我在听。每个月要多少钱？"), 0.5),
    "agent": (("en-us+f3", "Good day, this is the training desk, about your request. Do you have a moment?"), 0.3),
    "machine": (
        ("en-gb", "You have reached the voice mail of the laboratory. Please leave a message after the tone."),
        0.4, "beep",
    ),
    "announcement": (("en-us", "The number you have dialled is not in service. Please check the number."), 0.3),
    "hello": (("en-gb", "Hello?"),),
    # What the law asks for: who called, the number to call back, what for, and the key; and nothing that sells.
    "abandon": (
        ("en-us+f3", "Sorry, nobody is free now. This was a sales call from the laboratory, 4 0 0, 8 0 0, 1 0 0 1. "
                     "To be called no more, press 9."),
        0.3,
    ),
    "thanks": (("en-us+f3", "Thank you. We will not call this number again."), 0.2),
    "message": (("en-us+f3", "This is the laboratory. Please call us back."), 0.3),
    "notice": (("en-us+f3", "This call is recorded."), 0.1),
}  # fmt: skip


async def ensure(cache: Path) -> Path:
    """The folder of 8 kHz mono wav files, made when it is not there yet or its texts have changed.

    Raises PromptsMissing when it has to be made and espeak-ng or ffmpeg is absent or fails.
    """
    digest = hashlib.sha256(json.dumps(PROMPTS).encode()).hexdigest()[:12]
    folder = cache / f"prompts-{digest}"
    if folder.is_dir():
        return folder
    for program in ("espeak-ng", "ffmpeg"):
        if shutil.which(program) is None:
            raise PromptsMissing(f"{program} is missing; the lab's voices are made with it: run script/setup")
    sounds = {name: b"".join([await _sound(part) for part in parts]) for name, parts in PROMPTS.items()}
    _write_all(sounds, folder)
    return folder


def _write_all(sounds: Mapping[str, bytes], folder: Path) -> None:
    """All or nothing: a folder that was begun and not finished never counts."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix="prompts-", dir=folder.parent))
    building.chmod(0o755)
    for name, frames in sounds.items():
        _write(building / f"{name}.wav", frames)
    try:
        building.rename(folder)
    except OSError:  # another lab was quicker
        shutil.rmtree(building)


async def _sound(part: _Part) -> bytes:
    match part:
        case "beep":
            tone = (int(12000 * math.sin(2 * math.pi * 1000 * n / RATE)) for n in range(RATE // 2))
            return b"".join(struct.pack("<h", sample) for sample in tone)
        case float() as pause:
            return bytes(2 * int(RATE * pause))
        case (voice, text):
            spoken = await _run(["espeak-ng", "-v", voice, "--stdout", text], b"")
            return await _run(_TO_8_KHZ, spoken)
        case _:
            raise AssertionError(part)


_TO_8_KHZ = ["ffmpeg", "-nostdin", "-v", "error", "-i", "-", "-ar", str(RATE), "-ac", "1", "-f", "s16le", "-"]


async def _run(command: list[str], given: bytes) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate(given)
    if process.returncode != 0 or not out:
        raise PromptsMissing(f"{command[0]} made no sound: {err.decode(errors='replace').strip()}")
    return out


def _write(path: Path, frames: bytes) -> None:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(frames)
    path.write_bytes(buffer.getvalue())
