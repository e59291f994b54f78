"""What can be said of the shipped configuration without starting it; the live tests say the rest."""

import re

from dialer.lab import instance

FILES = sorted(instance.configuration().rglob("*.conf"))
MANAGER = (instance.configuration() / "manager.conf").read_text()


def _template(name: str) -> str:
    return re.split(r"^\[", MANAGER.split(f"[{name}](!)\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def test_both_lists_of_event_filters_name_the_same_events() -> None:
    newer = re.findall(r"^eventfilter\(action\(include\),name\((\w+)\)\) =$", _template("dialer-events"), re.MULTILINE)
    older = re.findall(r"^eventfilter = \^Event: (\w+)\[\^A-Za-z\]$", _template("dialer-events-20"), re.MULTILINE)
    assert newer == older
    assert "Hangup" in newer


def test_the_dialers_account_has_no_more_rights_than_it_needs() -> None:
    rights = _template("dialer-rights")
    assert "read = system,call,user,agent,cdr\n" in rights
    assert "write = originate,call,reporting\n" in rights
    assert "deny = 0.0.0.0/0.0.0.0\n" in rights


def test_no_secret_is_shipped() -> None:
    assert len(FILES) > 10
    for path in FILES:
        for value in re.findall(r"^(?:secret|password)\s*=\s*(.*)$", path.read_text(), re.MULTILINE):
            assert re.fullmatch(r"@[A-Z_]+@", value), path


def test_names_to_be_filled_in_are_found_in_site_files_only() -> None:
    for path in FILES:
        lines = [line for line in path.read_text().splitlines() if not line.startswith(";")]
        assert ("dialer.d.example" in path.parts) or not re.search(r"@[A-Z_]+@", "\n".join(lines)), path


def test_no_extension_is_called_failed() -> None:
    # Asterisk runs an extension of that name for every Originate that was not answered.
    assert "exten => failed" not in (instance.configuration() / "extensions.conf").read_text()
