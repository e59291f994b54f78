import pytest

from dialer.lab.rendering import render


def test_names_between_at_signs_become_values() -> None:
    assert render("uri = sip:@PHONE@@127.0.0.1:@PORT@", {"PHONE": "agent01", "PORT": "5060"}) == (
        "uri = sip:agent01@127.0.0.1:5060\n"
    )


def test_comments_keep_their_names() -> None:
    assert (
        render("; @SECRET@ is the secret\nsecret = @SECRET@", {"SECRET": "x"})
        == "; @SECRET@ is the secret\nsecret = x\n"
    )


def test_a_name_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError, match="PORT"):
        render("port = @PORT@", {})


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a;b", "a\x00b"])
def test_a_value_that_would_leave_its_line_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="SECRET"):
        render("secret = @SECRET@", {"SECRET": value})
