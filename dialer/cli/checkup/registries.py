"""The do-not-call registries on this machine: whether the rule packs may still rely on them."""

from __future__ import annotations

from datetime import datetime, timedelta

from dialer.cli.checkup.finding import Finding, failed, ok, warning
from dialer.config import Settings
from dialer.core.compliance.packs import Rulebook
from dialer.registry.shelf import Shelf, folder_of

SOON = timedelta(days=3)
"""A registry that will be too old by then is named while there is time to fetch the next one."""


def registries(settings: Settings, rulebook: Rulebook, now: datetime) -> list[Finding]:
    """One line for each registry loaded; a registry that no number of ours needs is not missed."""
    shelf = Shelf(folder_of(settings.node.data))
    limits = {
        registry.name: registry.max_age_days
        for editions in rulebook.packs.values()
        for pack in editions
        for registry in pack.registries
    }
    found = [
        failed(f"registry {name}".strip(), sentence, "Load it again: dialer registry load.")
        for name, sentence in shelf.troubles(now)
    ]
    for manifest in shelf.manifests(now):
        title, age = f"registry {manifest.name}", (now - manifest.as_of).days
        words = f"{manifest.numbers} numbers of {manifest.as_of:%Y-%m-%d}, {age} days old"
        days = limits.get(manifest.name)
        if manifest.name not in limits:
            found.append(warning(title, f"{words}; no rule pack knows this name", "Compare with: dialer rules show."))
        elif days is not None and now > manifest.as_of + timedelta(days=days):
            found.append(failed(title, f"{words}; at most {days} are allowed", "Load the keeper's present file."))
        elif days is not None and now + SOON > manifest.as_of + timedelta(days=days):
            found.append(warning(title, f"{words}; {days} are allowed", "Load the keeper's next file before then."))
        else:
            found.append(ok(title, words))
    return found or [ok("registries", "none loaded; calls that need one are refused")]
