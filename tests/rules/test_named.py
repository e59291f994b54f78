from __future__ import annotations

import pytest

from dialer.config import CallingSettings, Settings, TrunkSettings
from dialer.core.compliance.packs import Rulebook
from dialer.rules.named import unknown


@pytest.mark.parametrize(
    ("purposes", "overlays", "named"),
    [
        (("insurance",), ("CN-CARRIER",), []),
        (("CN-INS",), (), ["calling.purposes: no rule pack is for 'CN-INS'"]),
        ((), ("CN-CARIER",), ["trunks: t1: overlays: there is no rule pack 'CN-CARIER'"]),
    ],
)
def test_a_pack_or_purpose_that_nobody_has_is_named(
    rulebook: Rulebook, purposes: tuple[str, ...], overlays: tuple[str, ...], named: list[str]
) -> None:
    trunk = TrunkSettings(name="t1", overlays=overlays)
    settings = Settings(trunks=(trunk,), calling=CallingSettings(purposes=purposes))
    assert [what for what, _ in unknown(settings, rulebook)] == named
