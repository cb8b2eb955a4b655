"""Read which signatures are meant, from a URL or a form. Times are typed in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from campaign.errors import SealError
from campaign.moderation.bulk_changes import criteria_of
from campaign.recipients.rules.government import to_iso_code
from campaign.signatures.rules.criteria import SignatureCriteria
from campaign.signatures.rules.signature import HoldReason
from campaign.web.context import container

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

    from campaign.moderation.rows import BulkChangeRow

HELD_ANY_REASON = "y"
"""The value of the field for held signatures when the reason does not matter."""

NO_SOURCE = "(none)"
"""What an organiser types for signatures that came without a source."""

_MAX_SOURCE = 32
_MAX_DOMAIN = 253


def parse_criteria(
    values: MultiDict[str, str], errors: dict[str, str], *, with_domain: bool = False
) -> SignatureCriteria:
    """Return the rule that was typed; invalid values are left out and reported in `errors`.

    `with_domain`: from forms only, so that no mail domain appears in a URL.
    """
    starts = _moment(values, "created_from", errors)
    ends = _moment(values, "created_until", errors)
    if starts and ends and starts >= ends:
        errors["created_until"] = "The end comes before the beginning."
    held = values.get("held", "")
    held_for = HoldReason(held) if held in set(HoldReason) else None
    return SignatureCriteria(
        source=_source(values.get("source", "").strip(), errors),
        created_from=starts,
        created_until=ends,
        domain=values.get("domain", "").strip()[: _MAX_DOMAIN + 1] if with_domain else "",
        government=_government(values.get("government", ""), errors),
        held_only=held == HELD_ANY_REASON or held_for is not None,
        held_for=held_for,
    )


def describe(row: BulkChangeRow) -> str:
    """Return a description of a change's rule; a broken seal must not hide the rest."""
    try:
        return criteria_of(container.keyring, row).description
    except SealError:
        return "a rule whose mail domain cannot be opened"


def held_field_value(rule: SignatureCriteria) -> str:
    """Return the value of the field for held signatures."""
    return rule.held_for.value if rule.held_for else HELD_ANY_REASON if rule.held_only else ""


def datetime_local_value(moment: datetime | None) -> str:
    """Return a time as a datetime-local field takes it, with seconds only if they are not zero."""
    return moment.replace(tzinfo=None).isoformat().removesuffix(":00") if moment else ""


def _source(text: str, errors: dict[str, str]) -> str | None:
    if len(text) > _MAX_SOURCE or not text.isprintable():
        errors["source"] = f"A source has at most {_MAX_SOURCE} characters."
        return None
    return "" if text == NO_SOURCE else text or None


def _moment(values: MultiDict[str, str], name: str, errors: dict[str, str]) -> datetime | None:
    text = values.get(name, "").strip()
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        moment = None
    if text and (moment is None or moment.tzinfo is not None):
        errors[name] = "A time is like 2026-11-24 08:30, in UTC."
        return None
    return moment.replace(tzinfo=UTC) if moment else None


def _government(text: str, errors: dict[str, str]) -> str:
    code = to_iso_code(text.strip())
    if code and code not in container.reference.ministries:
        errors["government"] = "There is no such government."
        return ""
    return code
