"""Warnings about whom a campaign says that its letters are for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.recipients.rules.choice import Addressing
from campaign.recipients.rules.recipient import UNION, government_of, recipient_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence, Set as AbstractSet
    from datetime import date

    from campaign.campaigns.rules.campaign import Campaign
    from campaign.recipients.reference_data import ReferenceData


def recipient_warnings(
    campaign: Campaign, reference: ReferenceData, known: AbstractSet[str], today: date
) -> Iterator[str]:
    """Yield what a campaign may not mean; `known`: the keys of all recipients in the directory."""
    yield from _nobody_to_write_to(campaign, reference, known, today)
    yield from _strange_choices(campaign, reference, known, today)


def _nobody_to_write_to(
    campaign: Campaign, reference: ReferenceData, known: AbstractSet[str], today: date
) -> Iterator[str]:
    """Yield which governments have no recipient, and which named ones the directory lacks."""
    choice = campaign.facts.recipients
    candidates = reference.candidates(campaign.facts.governments, choice, today)
    for key in sorted({key for keys in choice.named.values() for key in keys} - set(known)):
        yield f"campaign.toml: recipients.governments: {key} is not in the directory"
    without = [code for code, keys in candidates.items() if known.isdisjoint(keys)]
    if without:
        yield (
            f"campaign.toml: recipients: nobody is in the directory for {', '.join(without)}: "
            "signatures from there have no letter"
        )


def _strange_choices(
    campaign: Campaign, reference: ReferenceData, known: AbstractSet[str], today: date
) -> Iterator[str]:
    """Yield what a campaign says of recipients that it may not mean."""
    choice = campaign.facts.recipients
    candidates = reference.candidates(campaign.facts.governments, choice, today)
    for office in choice.offices:
        meant = {office if "/" in office else recipient_key(code, office) for code in candidates}
        if known.isdisjoint(meant):
            yield f"campaign.toml: recipients.offices: no government asked here has {office!r}"
    for code, keys in choice.named.items():
        if code not in candidates:
            yield f"campaign.toml: recipients.governments: {code} is not asked"
        for key in keys:
            if government_of(key) not in {code, UNION}:
                yield f"campaign.toml: recipients.governments: {code} writes to {key}"
    if choice.to is not Addressing.ONE:
        yield from _same_office_twice(reference, candidates)


def _same_office_twice(
    reference: ReferenceData, candidates: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """Yield governments where two of the offices are one ministry, according to their names."""
    for keys in candidates.values():
        first: dict[frozenset[str], str] = {}
        for key in filter(reference.recipients.__contains__, keys):
            names = frozenset(reference.recipients[key].names.values())
            if (twin := first.setdefault(names, key)) != key:
                yield f"campaign.toml: recipients: {twin} and {key} are called the same"
