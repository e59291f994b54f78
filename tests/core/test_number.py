import pytest

from dialer.core.number import BadNumber, Number, is_dialable, parse


@pytest.mark.parametrize(
    ("text", "region", "e164"),
    [
        ("+1 212-555-0123", None, "+12125550123"),
        ("(212) 555.0123", "US", "+12125550123"),
        ("0012125550123", None, "+12125550123"),
        ("011 44 20 7946 0123", "US", "+442079460123"),
        ("+44 (0)20 7946 0123", None, "+442079460123"),
        ("020 7946 0123", "GB", "+442079460123"),
        ("138 0013 8000", "CN", "+8613800138000"),
        ("13800138000", "CN", "+8613800138000"),
        ("+86\u30001380013\u20118000", None, "+8613800138000"),
        ("  +33 1 99 00 12 34 ", None, "+33199001234"),
        ("+39 06 698 12345", None, "+390669812345"),
        ("+1 436 555 0123", None, "+14365550123"),
    ],
)
def test_a_number_as_people_write_it_becomes_e164(text: str, region: str | None, e164: str) -> None:
    assert parse(text, region).e164 == e164


@pytest.mark.parametrize(
    ("text", "region", "code"),
    [
        ("", "US", "EMPTY"),
        (" \u3000 ", "US", "EMPTY"),
        ("+12125550123\x00", None, "CONTROL_CHARACTER"),
        ("\x00+12125550123", None, "CONTROL_CHARACTER"),
        ("+12125550123\r\nAction: Originate", None, "CONTROL_CHARACTER"),
        ("+12125550123\n", None, "CONTROL_CHARACTER"),
        ("\u202a+12125550123\u202c", None, "CONTROL_CHARACTER"),
        ("+12125550123\u2028", None, "CONTROL_CHARACTER"),
        ("+1 212 555 0123 ext 4", None, "EXTENSION"),
        ("+1 212 555 0123 x4", None, "EXTENSION"),
        ("+12125550123;ext=4", None, "EXTENSION"),
        ("+12125550123#4", None, "EXTENSION"),
        ("13800138000转4", "CN", "EXTENSION"),
        ("+1 212 FLOWERS", None, "CHARACTERS"),
        ("12+125550123", "US", "CHARACTERS"),
        ("+1212555${SHELL(id)}", None, "CHARACTERS"),
        ("+", None, "CHARACTERS"),
        ("+1+2125550123", None, "CHARACTERS"),
        ("=12125550123", "US", "CHARACTERS"),
        ("2125550123", None, "NO_COUNTRY"),
        ("2125550123", "XX", "NO_COUNTRY"),
        ("+2105550123", None, "NO_COUNTRY"),
        ("+1 212 555 012", None, "TOO_SHORT"),
        ("555 0123", "US", "TOO_SHORT"),
        ("1", "US", "TOO_SHORT"),
        ("0011", None, "TOO_SHORT"),
        ("+1 212 555 01234", None, "TOO_LONG"),
        ("+86138001380001380013800", None, "TOO_LONG"),
        ("+1 212 911 0123", None, "NOT_IN_USE"),
        ("+1 112 555 0123", None, "NOT_IN_USE"),
        ("+86 10 110", None, "TOO_SHORT"),
        ("+44 22 1234 5678", None, "NOT_IN_USE"),
        ("+999 123", None, "LAB_RANGE"),
        ("00999123", "US", "LAB_RANGE"),
    ],
)
def test_what_is_no_number_is_refused_with_a_code_and_without_its_digits(
    text: str, region: str | None, code: str
) -> None:
    with pytest.raises(BadNumber, match="expected") as caught:
        parse(text, region)
    assert caught.value.code == code
    assert not any(mark.isdigit() for mark in str(caught.value).replace("+999", ""))


def test_full_width_digits_are_read_as_digits() -> None:
    assert parse(
        "\uff0b\uff18\uff16 \uff11\uff13\uff18\uff10\uff10\uff11\uff13\uff18\uff10\uff10\uff10", None
    ) == parse("+8613800138000", None)


def test_the_lab_range_is_a_number_in_the_lab_only() -> None:
    assert parse("+999 1234", None, lab=True) == Number("+9991234")
    assert not is_dialable(Number("+9991234"))


@pytest.mark.parametrize(("text", "code"), [("+999", "TOO_SHORT"), ("+9991234567890123", "TOO_LONG")])
def test_the_lab_range_has_a_length_too(text: str, code: str) -> None:
    with pytest.raises(BadNumber) as caught:
        parse(text, None, lab=True)
    assert caught.value.code == code


def test_a_number_shows_its_last_three_digits_only() -> None:
    number = Number("+12125550123")
    assert str(number) == f"{number}" == "…123"
    assert "2125550" not in repr(number) + repr([number]) + "%s" % (number,)  # noqa: UP031  # logging formats this way
    assert (number.last3, number.digits) == ("123", "12125550123")


@pytest.mark.parametrize("text", ["12125550123", "+12", "+1234567890123456", "+1212555012a", "+１２３４", "+123\n"])
def test_only_e164_can_be_a_number(text: str) -> None:
    with pytest.raises(BadNumber):
        Number(text)


def test_a_number_of_no_known_country_is_not_dialable() -> None:
    assert not is_dialable(Number("+2105550123"))
    assert is_dialable(Number("+442079460123"))
