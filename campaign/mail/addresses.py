"""E-mail addresses that every server accepts, and those that letters come from.

A letter's sender is readable for officials, and traceable for this site: random-looking senders are
blocked, and a supporter's own address in From fails DMARC, so a letter comes from her name at the
campaign's domain.
"""

from __future__ import annotations

import re
import unicodedata

from anyascii import anyascii
from email_validator import EmailNotValidError, validate_email

from campaign.errors import InvalidText

MAX_EMAIL_LENGTH = 254
"""RFC 5321, section 4.5.3.1.3: a path has 256 octets with its brackets."""


def clean_email(address: str) -> str:
    """Return an e-mail address in a form that every server accepts, or raise InvalidText."""
    try:
        return normalise_email(address)
    except EmailNotValidError as error:
        raise InvalidText("not-an-address") from error


def normalise_email(address: str) -> str:
    """Return an e-mail address in a form that every server accepts.

    Raise EmailNotValidError if there is none, or if the address looks like an encoded word
    (RFC 2047), which no header could carry.
    """
    if len(address) > MAX_EMAIL_LENGTH:
        raise EmailNotValidError(f"It is longer than {MAX_EMAIL_LENGTH} characters.")
    if "=?" in address:
        raise EmailNotValidError("It has “=?” in it.")
    checked = validate_email(address, allow_smtputf8=False, check_deliverability=False)
    return checked.ascii_email or checked.normalized


MAX_LOCAL = 40
"""Characters before the @; RFC 5321, section 4.5.3.1.1, allows 64."""

# Mailboxes with a conventional role (RFC 2142, and other common ones).
_TAKEN = frozenset(
    """
    abuse admin administrator bounce contact datenschutz ftp hostmaster info mail mailerdaemon
    marketing newsletter noc noreply office postmaster press presse privacy root sales security
    support usenet uucp webmaster www
    """.split()  # noqa: SIM905 - a list that people read
)


def sender_address(name: str, language: str, domain: str, otherwise: str) -> str:
    """Return an address made from a person's name in Latin letters, such as testa.example@….

    `language` is the person's: where it uses other letters, its own romanization applies.
    A name of one word, or one that spells a well-known mailbox, gets `otherwise`, so that nobody
    can write as press@… or postmaster@… by using that as a name.
    """
    words = re.findall(r"[a-z0-9]+", romanize(name, language).replace("'", ""))
    local = ".".join(words)[:MAX_LOCAL].rstrip(".")
    spelt = local.replace(".", "")
    own = otherwise.partition("@")[0].replace(".", "")
    if "." not in local or spelt in _TAKEN or spelt == own:
        return otherwise
    return f"{local}@{domain}"


def _letters(**spelt: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(letter), latin) for letter, latin in spelt.items())


# The order matters. An accent on the first letter of a pair, or a diaeresis on the second, keeps
# the letters separate.
_GREEK = (
    (re.compile("(?<=[αεη])[υύ](?=[αάβγδεέζηήιίϊΐλμνοόρυύϋΰωώ])"), "v"),
    (re.compile("(?<=[αεη])[υύ]"), "f"),
    (re.compile("ο[υύ]"), "ou"),  # noqa: RUF001 - Greek
    (re.compile(r"\bμπ|μπ\b"), "b"),
    (re.compile("γ(?=[γξχ])"), "n"),  # noqa: RUF001 - Greek
)
_OF_LANGUAGE = {
    "bg": ((re.compile(r"ия\b"), "ia"), *_letters(щ="sht", ъ="a", ь="y", х="h")),
    "de": _letters(ä="ae", ö="oe", ü="ue"),
    "da": _letters(ø="oe", å="aa"),
}


def romanize(name: str, language: str) -> str:
    """Return a name in lower-case ASCII letters, as readers of `language` would spell it.

    Greek letters are romanized as in Greek, whatever the language.
    """
    text = unicodedata.normalize("NFC", name).lower()
    for found, latin in (*_GREEK, *_OF_LANGUAGE.get(language, ())):
        text = found.sub(latin, text)
    return anyascii(text).lower()
