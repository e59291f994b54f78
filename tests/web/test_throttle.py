from __future__ import annotations

from datetime import timedelta

from dialer.web.throttle import MOST_NAMES, Throttle
from tests.web.floor import MONDAY

SECOND = timedelta(seconds=1)


def test_a_name_waits_when_its_tries_are_used_up_and_gets_one_back_at_a_time() -> None:
    throttle = Throttle(tries=3, seconds_each=10)
    for _ in range(3):
        assert throttle.wait("anna", MONDAY) == timedelta()
        throttle.failed("anna", MONDAY)
    assert throttle.wait("anna", MONDAY) == 10 * SECOND
    assert throttle.wait("anna", MONDAY + 9 * SECOND) == SECOND
    assert throttle.wait("anna", MONDAY + 10 * SECOND) == timedelta()
    throttle.failed("anna", MONDAY + 10 * SECOND)
    assert throttle.wait("anna", MONDAY + 10 * SECOND) == 10 * SECOND


def test_forgiving_gives_all_tries_back() -> None:
    throttle = Throttle(tries=1, seconds_each=10)
    throttle.failed("anna", MONDAY)
    throttle.forgive("anna")
    assert throttle.wait("anna", MONDAY) == timedelta()


def test_guessed_names_do_not_fill_the_memory() -> None:
    throttle = Throttle(tries=1, seconds_each=10)
    for n in range(MOST_NAMES + 1):
        throttle.failed(str(n), MONDAY)
    assert throttle.wait("0", MONDAY) == timedelta(), "the oldest went"
    assert throttle.wait("1", MONDAY) == 10 * SECOND
