import pytest

from dialer.lab import phones


def test_phones_are_numbered_from_one() -> None:
    assert phones.names(2, 1) == ["agent01", "agent02", "supervisor01"]


def test_each_phone_follows_its_script() -> None:
    text = phones.dialplan({"agent01": "hold", "agent02": "hang-up:7"})
    assert "exten => agent01,1,Set(SECONDS=0)" in text
    assert "exten => agent02,1,Set(SECONDS=7)" in text
    assert text.count("TIMEOUT(absolute)") == 1


@pytest.mark.parametrize("script", ["dance", "hang-up", "hang-up:soon", ""])
def test_a_script_that_is_not_in_the_table_is_refused(script: str) -> None:
    with pytest.raises(ValueError, match="agent01"):
        phones.dialplan({"agent01": script})
