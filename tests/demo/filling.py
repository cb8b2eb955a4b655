"""Fill a site with a month of supporters and organisers, all through its front door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from tests.demo import organisers
from tests.demo.agenda import Agenda
from tests.demo.offices import Offices
from tests.demo.organisers import RIVERS_SLUG, SHIPPED
from tests.demo.people import DAYS, NEWSLETTER_DAY, flood, make_signers
from tests.demo.site import DemoSite
from tests.demo.supporters import plan_signers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LAUNCH = time(8, tzinfo=UTC)
STAGE_DAYS = 5
"""After so many days it is said how far the month has come."""

CONSOLE_DAYS = {
    1: organisers.welcome_editor,
    NEWSLETTER_DAY: organisers.send_news,
    19: organisers.hold_two,
    22: organisers.release_one,
    24: organisers.invalidate_one,
    27: organisers.draft_quiet_nights,
    28: organisers.invite_translator,
}
"""What organisers do on which day."""

RIVERS_DAY, ATTACK_DAY = 11, 20
UNTIL_NOTICED, UNTIL_OVER = timedelta(minutes=7), timedelta(hours=2)


@dataclass(frozen=True)
class Numbers:
    """How many people confirm that they sign."""

    shipped: int = 300
    rivers: int = 40


def fill(
    folder: Path, base_url: str, numbers: Numbers, now: datetime, say: Callable[[str], object]
) -> None:
    """Fill the site in a folder as if it had been used since a month before `now`."""
    begin = datetime.combine(now.date() - timedelta(days=DAYS), LAUNCH)
    site = DemoSite(folder, base_url, begin)
    month = Month(site, numbers, now)
    say(f"A site that begins on {begin:%d %B}: {folder}")
    for day in range(STAGE_DAYS, DAYS, STAGE_DAYS):
        month.live_until(begin + timedelta(days=day))
        say(f"  after {day} days: {site.supporter(SHIPPED, 'en').count()} signatures")
    month.live_until(now)
    for slug in (SHIPPED, RIVERS_SLUG):
        say(f"  today: {site.supporter(slug, 'en').count()} signatures of {slug}")
    site.close()


class Month:
    """Days of a site, in which everybody does what was planned when it began."""

    def __init__(self, site: DemoSite, numbers: Numbers, end: datetime) -> None:
        self._site, self._numbers, self._end = site, numbers, end
        self._begin, self._dice = site.clock.now, Random(1)
        self._agenda = Agenda(site.clock)
        self._sign(SHIPPED, numbers.shipped)
        self._agenda.plan(self._on(RIVERS_DAY), self._begin_rivers)
        for day, act in CONSOLE_DAYS.items():
            self._agenda.plan(self._on(day), partial(act, site))
        self._plan_attack(self._on(ATTACK_DAY))
        self._plan_office_days(Offices(site))

    def live_until(self, moment: datetime) -> None:
        self._agenda.run_until(moment)
        self._site.worker.run_housekeeping()
        self._site.supporter(SHIPPED, "en").deliver()

    def _on(self, day: int) -> datetime:
        return self._begin + timedelta(days=day)

    def _sign(self, slug: str, confirming: int) -> None:
        asked, now = self._site.asked_by(slug), self._site.clock.now
        signers = make_signers(self._dice, asked, confirming, now, self._end)
        plan_signers(self._site, self._agenda, slug, signers)

    def _begin_rivers(self) -> None:
        organisers.publish_rivers(self._site)
        self._sign(RIVERS_SLUG, self._numbers.rivers)

    def _plan_attack(self, begin: datetime) -> None:
        """Let a script sign, of which most are held."""
        number = 6 + self._numbers.shipped // 50
        robots = flood(self._dice, self._site.asked_by(SHIPPED), number, begin)
        plan_signers(self._site, self._agenda, SHIPPED, robots)
        self._agenda.plan(begin + UNTIL_NOTICED, partial(organisers.begin_attack_mode, self._site))
        self._agenda.plan(begin + UNTIL_OVER, partial(organisers.end_attack_mode, self._site))

    def _plan_office_days(self, offices: Offices) -> None:
        for day in range(1, DAYS + 1):
            self._agenda.plan(self._on(day), offices.answer_mail)
