"""The pack for numbers that are asleep now, whenever now is: its one hour of the day begins twelve hours later."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

_TEXT = """\
# Written when the lab started: shut now, open for an hour half a day later.
version = "{made}"

[[pack]]
id = "LAB-NIGHT"
name = "Lab: asleep"
prefixes = ["99998"]
zones = ["Etc/UTC"]
windows = {{ daily = ["{start:%H}:00-{end}:00"] }}
status = "synthetic"
confidence = "n/a"
"""


def lab_packs(folder: Path, now: datetime) -> list[Path]:
    """Write the pack into `folder`, which is the lab's own, and return all lab packs for `dialer.rules.load.load`."""
    start = now.astimezone(UTC) + timedelta(hours=12)
    file = folder / "night.toml"
    file.write_text(
        _TEXT.format(made=f"{now.astimezone(UTC):%Y-%m-%dT%H:%MZ}", start=start, end=f"{start.hour + 1:02}")
    )
    return [Path(__file__).with_name("lab.toml"), file]
