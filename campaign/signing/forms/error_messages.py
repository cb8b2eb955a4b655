"""Error messages for the fields of the form, in the page's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.language import formats

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign.language.catalogue import Language


def error_message(language: Language, reason: str, **values: int | str) -> str:
    """Return the message for a reason; numbers in it are formatted for the language."""
    written = {
        name: formats.format_number(value, language.tag) if isinstance(value, int) else value
        for name, value in values.items()
    }
    return _sentences(language.gettext)[reason] % written


def _sentences(_: Callable[[str], str]) -> dict[str, str]:
    return {
        "no-name": _("Enter your name."),
        "no-letter": _("A name must contain at least one letter."),
        "no-letter-in-town": _("The name of a town must contain at least one letter."),
        "link-in-name": _(
            "Links, e-mail addresses and phone numbers are not allowed here. If a name has a dot "
            "in it, put a space after the dot."
        ),
        "too-many-marks": _("There are too many accents on one character. Please type it again."),
        "encoded-word": _(
            "This text contains “=?”, which mail programs misread. Please leave it out."
        ),
        "too-long": _("This is too long: it has %(length)s characters, and the limit is %(most)s."),
        "no-email": _("Enter your e-mail address, so that you can confirm your signature."),
        "bad-email": _("This is not a valid e-mail address. It should look like name@example.org."),
        "no-government": _("Choose the government of the country where you live or vote."),
        "no-office": _(
            "No letter can be written to this government at the moment. You can still only sign."
        ),
        "no-choice": _("Choose whether you want to write to your government or only sign."),
        "no-demand": _("Choose at least one demand."),
        "no-subject": _("Your letter needs a subject."),
        "no-text": _("Your letter has no text."),
        "no-report": _("Say what is wrong with the address."),
        "too-many-lines": _(
            "An address can have up to %(lines)s lines of up to %(length)s characters each."
        ),
        "unprintable": _(
            "These characters cannot be printed: %(characters)s. Please change them in your "
            "letter, your name or your address."
        ),
        "not-on-paper": _(
            "These characters cannot be printed: %(characters)s. In an e-mail they "
            "arrive as you typed them. Let us send your letter, send it yourself by "
            "e-mail, or replace these characters."
        ),
        "stamp": _(
            "This page has been open for a long time. Everything you entered is still "
            "here. Please send the form again."
        ),
        "changed": _(
            "This letter has changed since you opened the page. Please read it again. "
            "Everything you entered is still here."
        ),
        "no-code": _("Enter the six-digit code from the e-mail."),
        "bad-code": _(
            "This code is wrong or has expired. Use the code in the latest e-mail, "
            "or ask for another one below."
        ),
    }
