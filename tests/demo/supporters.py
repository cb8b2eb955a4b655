"""What made-up supporters do, through the pages and by the links in their mails."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from tests.demo.people import Course

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.demo.agenda import Agenda
    from tests.demo.people import Signer
    from tests.demo.site import DemoSite
    from tests.supporter import Supporter

WITHDRAWS_AFTER = timedelta(days=2)
POSTS_AFTER = timedelta(hours=3)


def plan_signers(site: DemoSite, agenda: Agenda, slug: str, signers: Iterable[Signer]) -> None:
    for one in signers:
        supporter = site.supporter(slug, one.language)
        agenda.plan(one.at, partial(_come, supporter, agenda, one))


def _come(supporter: Supporter, agenda: Agenda, signer: Signer) -> None:
    """Look at the letter, and sign as far as she comes."""
    if signer.course is Course.LOOKS:
        supporter.form_after_preview(**signer.fields)
        return
    supporter.submit(**signer.fields)
    # The site answers at once, as one with a worker of its own does.
    supporter.deliver()
    if signer.course is not Course.FORGETS:
        moment = agenda.clock() + signer.confirms_after
        agenda.plan(moment, partial(_confirm, supporter, agenda, signer))


def _confirm(supporter: Supporter, agenda: Agenda, signer: Signer) -> None:
    private = supporter.confirm(signer.email).replace("/done/", "/private/")
    supporter.deliver()
    press = partial(_press, supporter, private)
    if signer.withdraws:
        agenda.plan(agenda.clock() + WITHDRAWS_AFTER, partial(press, "withdraw"))
    elif signer.tells and signer.course in {Course.SENDS_HERSELF, Course.PRINTS}:
        agenda.plan(agenda.clock() + POSTS_AFTER, partial(press, "sent"))


def _press(supporter: Supporter, private: str, button: str) -> None:
    answer = supporter.browser.post(f"{private}/{button}")
    assert answer.status_code == 303, answer.text
