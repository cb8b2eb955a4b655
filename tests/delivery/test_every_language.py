"""All mails in the languages that other tests do not speak: each one as it always read.

On one database only: what differs between them is not words. News is the organisers' own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.delivery import pacing
from campaign.delivery.rules.outgoing import OutgoingKind
from campaign.recipients.rules.recipient import recipient_key
from campaign.recipients.rules.wish import Preference
from tests.clock import START
from tests.helpers.digests import csv_header, csv_rows
from tests.helpers.golden_mails import (
    TO_SUPPORTERS,
    MailTriggers,
    decoded_header,
    mail_as_text,
    matches_golden_file,
    sign_and_get_letter,
    sign_with_fixed_id,
    with_fixed_id,
    without_tokens,
)
from tests.languages import EU_LANGUAGES, GOVERNMENTS, OTHER_LANGUAGES

if TYPE_CHECKING:
    from campaign.container import Container
    from tests.clock import Clock
    from tests.supporter import Supporter

pytestmark = pytest.mark.long


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.mark.parametrize("lang", OTHER_LANGUAGES)
@pytest.mark.parametrize("kind", [kind for kind in TO_SUPPORTERS if kind is not OutgoingKind.NEWS])
def test_what_a_supporter_gets_says_what_it_always_said(
    supporter: Supporter, container: Container, clock: Clock, kind: OutgoingKind, lang: str
) -> None:
    supporter.lang = lang
    mail = MailTriggers(supporter, container, clock).mail(kind)
    assert matches_golden_file(f"mail-{kind.value}-{lang}.txt", mail_as_text(mail))
    assert mail.message["Content-Language"] == lang


@pytest.mark.parametrize("lang", OTHER_LANGUAGES)
def test_what_a_ministry_gets_says_what_it_always_said(
    supporter: Supporter, container: Container, lang: str
) -> None:
    supporter.lang = lang
    government = GOVERNMENTS[lang]
    letter = sign_and_get_letter(supporter, container, government=government)
    assert letter.message["Content-Language"] == lang
    head = "\n".join(sorted(f"{name}: {decoded_header(letter, name)}" for name in letter.message))
    assert matches_golden_file(
        f"letter-mail-{lang}.txt", f"{with_fixed_id(head)}\n\n{without_tokens(letter.text)}"
    )
    # As many as a ministry gets on one day.
    for wish in (Preference.DIGEST, Preference.OBJECTION, Preference.PAUSE):
        supporter.browser.post(letter.link("clerk"), data={"wish": wish.value, "days": "14"})
        supporter.deliver()
        mail = supporter.mails()[-1]
        assert matches_golden_file(f"mail-{wish.value}_asked-{lang}.txt", mail_as_text(mail))


@pytest.mark.parametrize("lang", OTHER_LANGUAGES)
def test_a_daily_mail_says_what_it_always_said(
    supporter: Supporter, container: Container, lang: str
) -> None:
    supporter.lang = lang
    with container.database.writing() as session:
        pacing.set_digest(session, recipient_key(GOVERNMENTS[lang]), on=True, by="Test", now=START)
    sign_with_fixed_id(supporter, container, government=GOVERNMENTS[lang], letter_language=lang)
    supporter.deliver()
    (mail,) = supporter.daily_mails()
    assert matches_golden_file(f"daily-mail-{lang}.txt", mail_as_text(mail))
    separator = "," if lang in {"ga", "mt"} else ";"
    columns = csv_header(mail).split(separator)
    assert len(columns) == 10, columns
    assert columns[8:] != ["Reply address", "ID"]
    assert [row["number"] for row in csv_rows(mail)] == ["1"]


OWN = f"> {'word ' * 20}that counts\nFrom here on:{' ж' * 50}\n -- https://a.example/{'x' * 90} end"


@pytest.mark.parametrize("lang", EU_LANGUAGES)
def test_a_letter_reads_to_its_ministry_as_it_was_previewed(
    supporter: Supporter, container: Container, lang: str
) -> None:
    """Byte for byte: lines are broken for the way only."""
    supporter.lang = lang
    form = supporter.form_after_preview(
        government=GOVERNMENTS[lang], letter_language=lang, paragraph=OWN, name="Testa\u00a0Example"
    )
    assert supporter.post(form).status_code == 303
    supporter.confirm()
    supporter.deliver()
    (letter,) = supporter.letters()
    _, _, rest = letter.text.partition("\n\n")
    body, _, footer = rest.partition("\n\n-- \n")
    assert body == form["body"]
    assert footer.endswith("\n")
    sent = letter.message.get_payload(decode=True)
    assert isinstance(sent, bytes)
    lines = sent.decode().split("\r\n")
    assert all(len(line) <= 78 or " " not in line.strip() for line in lines), lines
