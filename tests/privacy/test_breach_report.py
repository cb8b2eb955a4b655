"""How many people a breach concerns, and by what was held about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.helpers.inbound import receive, sign
from tests.helpers.incoming_messages import reply_message

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter


def test_it_counts_what_was_held_at_any_time_since(
    supporter: Supporter, container: Container, clock: Clock, command: Callable[..., Result]
) -> None:
    gone_before = supporter.sign(email="before@example.org")
    supporter.browser.post(f"{gone_before}/delete")
    clock.advance(days=2)
    gone_since = supporter.sign(email="since@example.org", government="FR")
    supporter.browser.post(f"{gone_since}/delete")
    _, _, message_id = sign(supporter)
    receive(container, reply_message(message_id))
    supporter.submit(email="pending@example.org", government="MT", choice="sign")
    supporter.submit(email="stopped@example.org", choice="sign")
    supporter.browser.post(supporter.newest_mail("stopped@example.org").link("stop"))
    clock.advance(days=1)

    said = command("breach-report", "--since", "2026-11-03 12:00").output
    lines = {line.split(None, 1)[1]: line.split()[0] for line in said.splitlines() if "  " in line}
    # One that was dropped kept nothing; of those erased before nothing was there.
    assert lines["signatures (sealed: name, e-mail address, town if given)"] == "3"
    assert lines["letters (sealed: text, own paragraph)"] == "2"
    assert lines["answers and other messages (sealed)"] == "1"
    assert lines["addresses that want no mail (keyed hashes)"] == "1"
    assert "Of the signatures, 1 have been erased since." in said
    assert (lines["DE"], lines["FR"], lines["MT"]) == ("1", "1", "1")
    assert "testa" not in said
