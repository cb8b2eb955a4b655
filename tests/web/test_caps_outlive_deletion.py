"""What a mailbox may cause, it may cause once, whatever its owner deletes in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.clock import Clock
    from tests.supporter import Supporter


def test_deleting_gives_nobody_another_days_mails(supporter: Supporter, clock: Clock) -> None:
    for number in range(3):
        private = supporter.sign(name=f"Testa {number}", send_letter=None)
        supporter.browser.post(f"{private}/delete")
    supporter.submit(name="Testa again", send_letter=None)
    supporter.deliver()
    assert len(supporter.mails("testa@example.org")) == 3
    clock.advance(days=1)
    supporter.submit(name="Testa tomorrow", send_letter=None)
    supporter.deliver()
    assert len(supporter.mails("testa@example.org")) == 4
