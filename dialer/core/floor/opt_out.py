"""The key: a customer wants no more calls. The wish is written first and confirmed then; a conversation goes on."""

from __future__ import annotations

from datetime import datetime

from dialer.core import events as ev
from dialer.core.call import CallState
from dialer.core.commands import ThankCustomer
from dialer.core.floor import stops
from dialer.core.floor.picture import Picture


def kept(picture: Picture, event: ev.OptOutKept, now: datetime) -> None:
    """The number is durably on the list: nobody calls it any more, and whoever waits for the word has it now, the agent
    on the screen and the customer in the message from the PBX.
    """
    call = picture.calls.get(event.attempt_id)
    if call is not None and not call.opt_out_kept:
        call.opt_out_kept = True
        call.opted_out_at = call.opted_out_at or now  # found in the call records: nobody heard the key
        picture.touch("call", call.attempt_id)
        if call.state is CallState.ANSWERED:
            picture.do(ThankCustomer(call.attempt_id))
    stops.blocked(picture, ev.NumberBlocked(event.number, None), now)
