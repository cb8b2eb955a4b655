"""Which signatures are meant: by whose they are, how they came about, or what they are counted by.

Times and days are in UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtforms import Field, SelectMultipleField, StringField, ValidationError
from wtforms.widgets import EmailInput

from campaign.console.forms import ConsoleForm, DayField, MomentField
from campaign.console.listing import FilterForm
from campaign.language.formats import territory_name
from campaign.recipients.rules.government import to_iso_code
from campaign.signatures.rules.counts import CountFilter, Dimension
from campaign.signatures.rules.criteria import MAX_SOURCE, SignatureCriteria
from campaign.signatures.rules.signature import (
    HOLD_REASON_LABELS,
    HoldReason,
    Origin,
    SignatureState,
)
from campaign.web.context import container
from campaign.web.forms import ChoiceField, TextField

if TYPE_CHECKING:
    from collections.abc import Sequence

HELD_ANY_REASON = "y"
"""The value of the field for held signatures when the reason does not matter."""

NO_SOURCE = "(none)"
"""What an organiser types for signatures that came without a source."""


class SourceField(StringField):
    """A source. `data` is empty for signatures that came without one, and None for all."""

    data: str | None

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0].strip() if valuelist else ""
        if len(text) > MAX_SOURCE or not text.isprintable():
            raise ValueError(f"A source can have at most {MAX_SOURCE} characters.")
        self.data = "" if text == NO_SOURCE else text or None

    def _value(self) -> str:
        return self.raw_data[0] if self.raw_data else ""


def _known_government(text: str) -> str:
    code = to_iso_code(text.strip())
    if code and code not in container.reference.governments:
        raise ValueError(code)
    return code


def _governments() -> Sequence[tuple[str, str]]:
    names = ((code, territory_name(code, "en")) for code in container.reference.governments)
    return [("", "any"), *sorted(names, key=lambda pair: pair[1])]


class CriteriaFields:
    """The fields for how signatures came about. No mail domain is among them: URLs have these."""

    held = ChoiceField(
        "Held",
        choices=[
            ("", "held or not"),
            (HELD_ANY_REASON, "held only"),
            *((reason, f"held: {words}") for reason, words in HOLD_REASON_LABELS.items()),
        ],
    )
    government = ChoiceField(
        "Government",
        choices=_governments,
        coerce=_known_government,
        invalid_value_message="There is no such government.",
    )
    source = SourceField("Source, or (none)")
    created_from = MomentField("Signed from")
    created_until = MomentField("and before")

    def validate_created_until(self, field: MomentField) -> None:
        starts, ends = self.created_from.data, field.data
        if starts and ends and starts >= ends:
            raise ValidationError("The end is before the start.")

    @property
    def criteria_fields(self) -> list[Field]:
        return [self.held, self.government, self.source, self.created_from, self.created_until]

    @property
    def criteria(self) -> SignatureCriteria:
        """Return what was typed, without what is invalid."""
        held = self.held.data
        held_for = HoldReason(held) if held in set(HoldReason) else None
        return SignatureCriteria(
            source=self.source.data,
            created_from=self.created_from.data,
            created_until=self.created_until.data,
            government=self.government.data,
            held_only=held == HELD_ANY_REASON or held_for is not None,
            held_for=held_for,
        )


class RuleFilter(CriteriaFields, FilterForm):
    """What a list of signatures fills in for a change by rule."""

    endpoint = "console.new_bulk_change"


class SignatureFilter(CriteriaFields, FilterForm):
    """Which signatures to list; an unknown state or revision is ignored."""

    endpoint = "console.signatures"

    state = ChoiceField(
        "Status",
        choices=[("", "any"), *((one, one) for one in SignatureState)],
        validate_choice=False,
    )
    revision = ChoiceField("Revision", validate_choice=False)

    @property
    def wanted_state(self) -> SignatureState | None:
        state = self.state.data
        return SignatureState(state) if state in set(SignatureState) else None


class SignatureIdForm(FilterForm):
    endpoint = "console.signatures"

    id = TextField("Signature ID")


class PersonSearchForm(ConsoleForm):
    """Whose signatures to find: posted, so that no name or address stands in a URL."""

    email = TextField("E-mail address, in any spelling", widget=EmailInput())
    name = TextField("or full name")

    messages = {"not-an-address": ("email", "This is not a valid e-mail address.")}

    def validate_email(self, field: TextField) -> None:
        if bool(field.stripped) == bool(self.name.stripped):
            raise ValidationError("Enter either an e-mail address or a full name.")


class CountsFilter(FilterForm):
    """What to count, and by what; unknown dimensions and origins are ignored."""

    endpoint = "console.counts"

    by = SelectMultipleField(validate_choice=False)
    government = ChoiceField("Government", coerce=to_iso_code, validate_choice=False)
    language = ChoiceField("Language", validate_choice=False)
    revision = ChoiceField("Revision", validate_choice=False)
    origin = ChoiceField("Origin", validate_choice=False)
    source = ChoiceField("Source", validate_choice=False)
    first = DayField("First day")
    last = DayField("Last day")

    def validate_last(self, field: DayField) -> None:
        if self.first.data and field.data and self.first.data > field.data:
            raise ValidationError("The last day is before the first one.")

    @property
    def value_fields(self) -> list[ChoiceField]:
        """Return the fields that are chosen from the values that signatures have."""
        return [self.government, self.language, self.revision, self.origin, self.source]

    @property
    def dimensions(self) -> list[Dimension]:
        names = dict.fromkeys(self.by.data or ())
        return [Dimension(one) for one in names if one in set(Dimension)] or [Dimension.GOVERNMENT]

    @property
    def has_all_origins(self) -> bool:
        """Return whether other signatures than those made online are counted, too."""
        return self.count_filter.origin is not None or Dimension.ORIGIN in self.dimensions

    @property
    def count_filter(self) -> CountFilter:
        if any("\0" in field.data for field in self.value_fields):
            return CountFilter(government="-")  # PostgreSQL takes no NUL; nothing has one
        origin, source = self.origin.data, self.source.data
        return CountFilter(
            government=self.government.data,
            language=self.language.data,
            revision=self.revision.data,
            origin=Origin(origin) if origin in set(Origin) else None,
            source="" if source == NO_SOURCE else source or None,
            first=self.first.data,
            last=self.last.data,
        )
