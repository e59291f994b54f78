"""When a previewed lead's time is up: dial it, skip it, or pause an agent who seems to be away."""

from __future__ import annotations

from datetime import datetime, timedelta

from dialer.core.campaign import Campaign


def deadline(campaign: Campaign, now: datetime, lease_until: datetime) -> datetime:
    """The end of the preview: the campaign's time, but never past the lead's lease."""
    return min(now + timedelta(seconds=campaign.preview_seconds), lease_until)
