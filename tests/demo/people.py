"""Who signs, when, and how it goes on: made up by dice, and plainly nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import accumulate, count, repeat
from math import exp
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from random import Random

DAYS = 30
"""How long ago the first of them signed."""

NEWSLETTER_DAY = 17
SATURDAY = 5

FIRST_NAMES = (
    *("Testa", "Probus", "Exempla", "Specima", "Modela", "Samplo", "Fictia", "Mocka", "Dummo"),
    *("Placida", "Trialo", "Draftina", "Ipsum", "Dolora", "Lorema", "Varia", "Null", "Tempia"),
)
LAST_NAMES = ("Example", "Exampleton", "Exampleson", "Example-Example", "Exampleman", "van Example")
TOWNS = ("", "", "", "Exampletown", "Upper Example", "Example-on-Sea", "Exampleville")
DOMAINS = ("example.org", "example.com", "example.net")
PARAGRAPHS = ("", "", "", "", "", "", "", "I am made up, and this is an example of my own words.")

PEOPLES = {
    "AT": (9, "de"), "BE": (12, "nl nl fr"), "BG": (6, "bg"), "CY": (1, "el"), "CZ": (11, "cs"),
    "DE": (83, "de"), "DK": (6, "da"), "EE": (1, "et"), "ES": (48, "es"), "FI": (6, "fi fi sv"),
    "FR": (68, "fr"), "GB": (68, "en"), "GR": (10, "el"), "HR": (4, "hr"), "HU": (10, "hu"),
    "IE": (5, "en en ga"), "IT": (59, "it"), "LT": (3, "lt"), "LU": (1, "fr de"), "LV": (2, "lv"),
    "MT": (1, "mt en"), "NL": (18, "nl"), "PL": (37, "pl"), "PT": (10, "pt"), "RO": (19, "ro"),
    "SE": (11, "sv"), "SI": (2, "sl"), "SK": (5, "sk"),
}  # fmt: skip
"""By government: how many they are, in millions, and what they speak."""

SOURCES = {"": 45, "newsletter": 22, "share": 14, "partner": 8, "poster": 5, "embed": 4, "fair": 2}
"""How many of a hundred come from where; campaigns count the last of them as another one."""


class Course(StrEnum):
    """What somebody does: the last step that she comes to, or how her letter leaves."""

    LOOKS = "looks"
    FORGETS = "forgets"
    ONLY_SIGNS = "only signs"
    SITE_SENDS = "site sends"
    SENDS_HERSELF = "sends herself"
    PRINTS = "prints"


CONFIRMING = {
    Course.SITE_SENDS: 60,
    Course.ONLY_SIGNS: 22,
    Course.SENDS_HERSELF: 12,
    Course.PRINTS: 6,
}
"""How many of a hundred who confirm do what."""


@dataclass(frozen=True)
class Asked:
    """What a campaign gives its supporters to choose from; its first language is the default."""

    slug: str
    demands: Sequence[str]
    governments: Sequence[str]
    languages: Sequence[str]

    def spoken_in(self, government: str) -> Sequence[str]:
        """Return which of the languages people speak there; what most speak stands there twice."""
        spoken = [one for one in PEOPLES[government][1].split() if one in self.languages]
        return spoken or self.languages[:1]


@dataclass(frozen=True)
class Signer:
    """A made-up supporter.

    `fields`: what she types and ticks. `tells`: that she has sent the letter, if she sends it.
    """

    at: datetime
    course: Course
    language: str
    fields: Mapping[str, Any]
    confirms_after: timedelta
    withdraws: bool = False
    tells: bool = False

    @property
    def email(self) -> str:
        return str(self.fields["email"])


def make_signers(
    dice: Random, asked: Asked, confirming: int, begin: datetime, end: datetime
) -> list[Signer]:
    """Return who signs between two moments; beside those who confirm some give up before."""
    courses = dice.choices(list(CONFIRMING), list(CONFIRMING.values()), k=confirming)
    courses += [*repeat(Course.LOOKS, confirming // 4), *repeat(Course.FORGETS, confirming // 9)]
    dice.shuffle(courses)
    times = make_times(dice, len(courses), begin, end)
    numbers = count(1)
    return [
        _signer(dice, asked, at, course, next(numbers))
        for at, course in zip(times, courses, strict=True)
    ]


def _signer(dice: Random, asked: Asked, at: datetime, course: Course, number: int) -> Signer:
    weights = [PEOPLES[one][0] for one in asked.governments]
    government = dice.choices(asked.governments, weights)[0]
    return Signer(
        at,
        course,
        dice.choice(asked.spoken_in(government)),
        {"government": government} | _identity(dice, number) | _choices(dice, asked, course),
        timedelta(minutes=dice.choice([1, 2, 3, 5, 9, 20, 45, 300, 1600])),
        withdraws=dice.random() < 0.025,
        tells=dice.random() < 0.7,
    )


def _identity(dice: Random, number: int) -> dict[str, str]:
    first, last = dice.choice(FIRST_NAMES), dice.choice(LAST_NAMES)
    local = f"{first}.{last.replace(' ', '')}.{number}".lower()
    return {
        "name": f"{first} {last}",
        "email": f"{local}@{dice.choice(DOMAINS)}",
        "town": dice.choice(TOWNS),
    }


def _choices(dice: Random, asked: Asked, course: Course) -> dict[str, Any]:
    """Return what she chooses beside her government."""
    most = len(asked.demands)
    chosen = dice.sample(asked.demands, dice.randint(min(2, most), most))
    source = dice.choices(list(SOURCES), list(SOURCES.values()))[0]
    ticked = {name: "y" for name in ("show_name", "send_news") if dice.random() < 0.4}
    common = {"source": source, "demands": sorted(chosen, key=asked.demands.index), **ticked}
    if course is Course.ONLY_SIGNS:
        return common | {"choice": "sign"}
    ways = {Course.SENDS_HERSELF: "own_mail", Course.PRINTS: "print"}
    return common | {"way": ways.get(course, "we_send"), "paragraph": dice.choice(PARAGRAPHS)}


def make_times(dice: Random, number: int, begin: datetime, end: datetime) -> list[datetime]:
    """Return so many moments, in order: most soon after the beginning, fewer at weekends."""
    days = [begin + timedelta(days=one) for one in range((end.date() - begin.date()).days + 1)]
    weights = [_weight(number, day) for number, day in enumerate(days)]
    chosen = dice.choices(days, cum_weights=list(accumulate(weights)), k=number)
    return sorted(_moment(dice, day, begin, end) for day in chosen)


def _weight(number: int, day: datetime) -> float:
    launch, newsletter = 9 * exp(-number / 2.5), 4 if number == NEWSLETTER_DAY else 0
    return (1 + launch + newsletter) * (0.5 if day.weekday() >= SATURDAY else 1)


def _moment(dice: Random, day: datetime, begin: datetime, end: datetime) -> datetime:
    """Return a moment of that day, in the evening rather than in the morning."""
    midnight = day.replace(hour=0, minute=0, second=0, microsecond=0)
    chosen = midnight + timedelta(hours=dice.triangular(6, 23, 18))
    if begin <= chosen <= end:
        return chosen
    first, last = max(midnight, begin), min(midnight + timedelta(days=1), end)
    return first + (last - first) * dice.random()


def flood(dice: Random, asked: Asked, number: int, begin: datetime) -> Iterator[Signer]:
    """Yield what a script signs: one after another, every two minutes, of one domain."""
    for one in range(number):
        signer = _signer(dice, asked, begin + timedelta(minutes=2 * one), Course.ONLY_SIGNS, one)
        typed = {"name": f"Robota Example {one}", "email": f"robota{one}@script.example.net"}
        fields = {**signer.fields, **typed}
        yield Signer(signer.at, signer.course, "en", fields, timedelta(minutes=1))
