"""Whom a draft's letters are for: the governments that are asked, and their offices."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from campaign.campaigns.bundle_files import FACTS_FILE
from campaign.campaigns.draft import Edit
from campaign.campaigns.forms.draft import CONFLICT, DraftForm
from campaign.campaigns.forms.values import Place, ValueKind
from campaign.recipients.rules.choice import Addressing, RecipientChoice
from campaign.recipients.rules.government import EUROPEAN_UNION
from campaign.web.context import container
from campaign.web.forms import ChoiceField, RadiosField

if TYPE_CHECKING:
    from campaign.campaigns.draft import Draft
    from campaign.errors import DraftConflict

_NO_OFFICE = ("", "None")
ADDRESSING_NAMES = [
    (Addressing.ONE.value, "The first of them that can be written to"),
    (Addressing.SUPPORTER_CHOOSES.value, "The one that the supporter chooses"),
    (Addressing.EACH.value, "Each of them, with a letter of its own"),
]


def office_names() -> list[tuple[str, str]]:
    """Return all offices of the directory; one that a single recipient has is called as that is."""
    of_office: dict[str, list[str]] = {}
    for key in container.reference.recipients:
        of_office.setdefault(key.partition("/")[2], []).append(key)
    return sorted((office, _office_label(office, keys)) for office, keys in of_office.items())


def _office_label(office: str, keys: list[str]) -> str:
    names = container.reference.recipients[keys[0]].names if len(keys) == 1 else {}
    return names.get("en") or office.replace("-", " ").capitalize()


def _further_offices() -> list[tuple[str, str]]:
    return [_NO_OFFICE, *office_names()]


def _unions() -> list[tuple[str, str]]:
    unions = {
        membership.union
        for one in container.reference.governments.values()
        for membership in one.memberships
    }
    return [(one, UNION_NAMES.get(one, one)) for one in sorted(unions)]


UNION_NAMES = {
    EUROPEAN_UNION: "The European Union’s member states",
    "EEA": "The countries of the European Economic Area",
    "EFTA": "The member states of the European Free Trade Association",
    "CoE": "The member states of the Council of Europe",
    "EU-candidate": "The candidates for membership of the European Union",
}
_TO_EACH_KNOWN_OFFICE = ("office1", "office2", "office3")


class RecipientsForm(DraftForm):
    """Which governments are asked, and which of their offices get the letters.

    `more`: offices beyond the fields, which a bundle may name.
    """

    union = ChoiceField("Governments", choices=_unions)
    office1 = ChoiceField("Office", choices=office_names)
    office2 = ChoiceField("Second office", choices=_further_offices)
    office3 = ChoiceField("Third office", choices=_further_offices)
    to = RadiosField("If there are several offices, a letter goes to", choices=ADDRESSING_NAMES)
    more: ClassVar[list[str]] = []

    places = {
        "union": Place(
            FACTS_FILE, ("governments", "union"), ValueKind.PLAIN, default=EUROPEAN_UNION
        ),
        "to": Place(
            FACTS_FILE, ("recipients", "to"), ValueKind.PLAIN, default=Addressing.ONE.value
        ),
    }

    @property
    def typed_edits(self) -> list[Edit]:
        chosen = [self[name].data for name in _TO_EACH_KNOWN_OFFICE if self[name].data]
        offices = list(dict.fromkeys([*chosen, *self.more]))
        usual = list(RecipientChoice().offices)
        return [*super().typed_edits, Edit(FACTS_FILE, ("recipients", "offices"), offices, usual)]

    def differences_from(self, fresh: DraftForm) -> dict[str, str]:
        chosen = {name: str(fresh[name].data or "") for name in _TO_EACH_KNOWN_OFFICE}
        offices = {
            name: office for name, office in chosen.items() if office != (self[name].data or "")
        }
        return {**super().differences_from(fresh), **offices}

    def carry_into(self, fresh: DraftForm, before: Draft, error: DraftConflict) -> None:
        super().carry_into(fresh, before, error)
        theirs = error.theirs.get((FACTS_FILE, ("recipients", "offices")))
        if theirs is None:
            return
        # What is a list in the file is three fields here: she sees theirs, and decides.
        names = dict(office_names())
        listed = theirs if isinstance(theirs, list) else []
        fresh.conflict = CONFLICT
        fresh.theirs = {**fresh.theirs, "office1": ", ".join(str(names.get(o, o)) for o in listed)}
        for name in _TO_EACH_KNOWN_OFFICE:
            fresh[name].process_data(self[name].data)


def recipients_form_of(draft: Draft) -> type[RecipientsForm]:
    """Return the form of a draft's recipients, which offers every office that it names."""
    offices = draft_offices(draft)
    known = office_names()
    others = [(one, one) for one in offices if one not in dict(known)]

    class FormOfRecipients(RecipientsForm):
        office1 = ChoiceField("Office", choices=[*known, *others])
        office2 = ChoiceField("Second office", choices=[_NO_OFFICE, *known, *others])
        office3 = ChoiceField("Third office", choices=[_NO_OFFICE, *known, *others])
        more = offices[3:]

    return FormOfRecipients


def draft_offices(draft: Draft) -> list[str]:
    """Return the offices that a draft names, or the usual one."""
    named = draft.document(FACTS_FILE).get(("recipients", "offices"))
    return [str(one) for one in named] if isinstance(named, list) else [*RecipientChoice().offices]
