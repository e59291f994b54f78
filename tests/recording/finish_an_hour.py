"""Finishes one recording and prints, as JSON, what it took. A process of its own, so that nothing else counts.

Arguments: the raw audio, the target, the seconds it should cover.
"""

import json
import re
import sys
import time
from datetime import timedelta
from pathlib import Path

from dialer.recording.facts import Finished
from dialer.recording.finish import finish


def peak_kb() -> int:
    """The most memory this program had so far. `getrusage` will not do: its peak begins with the parent's."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1])


def main(raw: str, target: str, seconds: str) -> None:
    idle = peak_kb()
    begun = time.monotonic()
    made = finish(
        Path(raw), Path(target), notice=None, talk=timedelta(seconds=float(seconds)), tolerance=timedelta(seconds=0.5)
    )
    assert isinstance(made, Finished), made
    took = {"megabytes": (peak_kb() - idle) / 1024, "took": time.monotonic() - begun}
    print(json.dumps(took | {"seconds": made.seconds, "silence_share": made.silence_share}))


if __name__ == "__main__":
    main(*sys.argv[1:])
