"""A real Mosquitto on a free port of the loopback, for one test; it can be stopped, killed and started again."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

HOST = "127.0.0.1"
_PROGRAM = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


class Broker:
    """Killed, it forgets everything; stopped gently, it keeps retained messages and the sessions of subscribers."""

    def __init__(self, program: str, folder: Path) -> None:
        self.port = _free_port()
        self._command = [program, "-c", str(folder / "mosquitto.conf")]
        self._log = folder / "mosquitto.log"
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "mosquitto.conf").write_text(
            f"listener {self.port} {HOST}\nallow_anonymous true\nuser root\nlog_dest stderr\nmax_queued_messages 0\n"
            f"persistence true\npersistence_location {folder}/\nautosave_interval 0\n"
        )

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            with socket.socket() as probe:
                if probe.connect_ex((HOST, self.port)) == 0:
                    return
            time.sleep(0.01)
        self.kill()
        raise AssertionError(f"Mosquitto did not start: {self._log.read_text()}")

    def kill(self) -> None:
        """Without a word to its clients, as in a power cut."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """As for an upgrade. A broker that was paused ends without reading what was sent to it since."""
        assert self._process is not None
        self._process.terminate()
        self._process.send_signal(signal.SIGCONT)
        self._process.wait(10)
        self._process = None

    def pause(self) -> None:
        """Alive, and silent: the connection stays up and nothing is answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A running broker; the test is skipped where Mosquitto is not installed."""
    if _PROGRAM is None:
        pytest.skip("Mosquitto is not installed")
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    running = Broker(_PROGRAM, folder)
    running.start()
    yield running
    running.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port
