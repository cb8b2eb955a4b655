"""Digest builder: the letters of one mail, with their number, demands, a PDF and a CSV file."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections import Counter
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy.exc import DBAPIError

from campaign.delivery.message_builder import recipient_address
from campaign.delivery.queries.digests import MAX_LETTERS_PER_DIGEST
from campaign.delivery.rules.delivery import Envelope
from campaign.errors import KeyMissing, NotFound
from campaign.language.formats import list_separator
from campaign.letters.queries import letters
from campaign.mail.outgoing import Attachment, Mailbox, OutgoingMessage, build_message
from campaign.recipients.queries import recipients
from campaign.recipients.rules.recipient import file_stem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.campaigns.rules.campaign import Campaign
    from campaign.delivery.message_builder import MessageBuilder
    from campaign.language.catalogue import Language
    from campaign.letters.printed_letters import PrintedLetterBuilder
    from campaign.letters.rows import LetterRow
    from campaign.letters.rules.letter import LetterHashes
    from campaign.printing.renderer import PdfRenderer, PrintedLetter

MAX_MAIL_BYTES = 10_000_000
"""Most bytes of one mail: many servers refuse more (Postfix takes 10,240,000 by default)."""


class TablePieces(Protocol):
    def __call__(
        self, columns: Sequence[str], rows: Iterable[Sequence[Any]], separator: str
    ) -> Iterator[bytes]: ...


@dataclass(frozen=True)
class DigestItem:
    """One letter of a digest, unsealed: its table row, its page and its keyed hashes.

    `cells`: the values of `_columns`, after the letter's number.
    `endorsed`: the campaign as it was when the letter was signed.
    """

    row: LetterRow
    cells: tuple[Any, ...]
    page: PrintedLetter
    salutation: str
    letter_hashes: LetterHashes
    endorsed: Campaign


@dataclass(frozen=True)
class DigestMail:
    """A digest ready to be handed over, the letters in it, and those that cannot be sent."""

    envelope: Envelope
    hashes: Mapping[UUID, LetterHashes]
    unsendable: Mapping[UUID, Exception] = field(default_factory=dict)


@dataclass(frozen=True)
class DemandTally:
    """A demand, how many letters make it, and how many put it first."""

    heading: str
    letters: int
    first: int


@dataclass(frozen=True)
class DigestBuilder:
    message_builder: MessageBuilder
    letter_builder: PrintedLetterBuilder
    pdf_renderer: PdfRenderer
    encode_table: TablePieces
    largest: int = MAX_MAIL_BYTES

    def build_mail(
        self, session: Session, ids: Sequence[UUID], digest_id: UUID, *, live: bool, now: datetime
    ) -> DigestMail:
        """Return a mail with as many of these letters as fit, in their order.

        They belong to one campaign and one recipient. Raise NotFound if the recipient may not be
        written to.
        """
        items, unfit = self._items(session, ids, live=live)
        taken, total = items, len(items)
        while taken:
            envelope = self._envelope(session, taken, total, digest_id, live=live, now=now)
            size = len(envelope.message)
            if size <= self.largest or len(taken) == 1:
                return DigestMail(
                    envelope, {item.row.id: item.letter_hashes for item in taken}, unfit
                )
            taken = taken[: max(len(taken) * self.largest * 9 // (size * 10), 1)]
        return DigestMail(Envelope("", "", "", b""), {}, unfit)

    def _items(
        self, session: Session, ids: Sequence[UUID], *, live: bool
    ) -> tuple[list[DigestItem], dict[UUID, Exception]]:
        items: list[DigestItem] = []
        unfit: dict[UUID, Exception] = {}
        for letter_id in ids:
            try:
                items.append(self._item(session, letter_id, live=live))
            except (KeyMissing, DBAPIError):
                raise
            except Exception as error:  # noqa: BLE001 - one letter must not stop the others
                unfit[letter_id] = error
        return items, unfit

    def _item(self, session: Session, letter_id: UUID, *, live: bool) -> DigestItem:
        row = letters.find(session, letter_id)
        if row is None:
            raise NotFound(str(letter_id))
        signature, person, text = self.message_builder.load_letter(session, row)
        cells = (
            *(row.letter_date, person.name, person.town, row.language),
            "; ".join(_demands(row)),
            *(text.subject, text.full_text),
            person.email if signature.reply_directly else "",
            row.id,
        )
        page = self.letter_builder.build(session, row, addressed=False)
        letter_hashes = self.message_builder.letter_hashes(
            session, signature, row, person, text, live=live
        )
        campaign_cache = self.message_builder.campaign_cache
        endorsed = campaign_cache.with_revision(session, row.campaign_id, signature.revision_id)
        return DigestItem(row, cells, page, text.salutation, letter_hashes, endorsed)

    def _envelope(
        self,
        session: Session,
        items: Sequence[DigestItem],
        total: int,
        digest_id: UUID,
        *,
        live: bool,
        now: datetime,
    ) -> Envelope:
        message_builder, first = self.message_builder, items[0].row
        language = _usual_language(items)
        campaign = message_builder.campaign_cache.by_id(session, first.campaign_id).campaign
        operator = message_builder.operator_of(session, first.campaign_id)
        recipient = recipients.get(session, first.recipient)
        address = recipient_address(recipient, language, live=live)
        pages = self._pages(items, language)
        text = message_builder.templates.render(
            "mail/digest.txt",
            message_builder.languages[language],
            words=campaign.words_in(language),
            letters=len(items),
            demands=_by_weight(items, language),
            unprinted=[(page.number, missing) for page, missing in pages if missing],
            # If the claim reached its maximum, there are most likely more.
            more=total > len(items) or total == MAX_LETTERS_PER_DIGEST,
            salutation=next(item.salutation for item in items if item.row.language == language),
            operator=operator,
            preferences_url=message_builder.links.preferences_url(language, first.id, now),
        )
        subject, _, body = text.partition("\n\n")
        name = f"letters-{file_stem(recipient.key)}-{now:%Y-%m-%d}"
        printed = [page for page, missing in pages if not missing]
        pdf = self._pdf(f"{name}.pdf", printed, subject, language) if printed else []
        message = build_message(
            OutgoingMessage(
                sender=Mailbox(operator.name, operator.sender),
                recipient=Mailbox(recipient.name_in(language), address),
                subject=subject,
                text=body,
                language=language,
                message_id=message_builder.message_id(digest_id),
                date=now,
                attachments=(
                    *pdf,
                    Attachment(f"{name}.csv", "text/csv", self._csv(items, language)),
                ),
            )
        )
        file = f"letters-{file_stem(recipient.key)}-{digest_id}"
        return Envelope(file, message_builder.return_path(digest_id), address, message)

    def _pages(
        self, items: Sequence[DigestItem], language: str
    ) -> list[tuple[PrintedLetter, tuple[str, ...]]]:
        """Return each letter with a numbered footer, and the characters that cannot be printed."""
        words = self.message_builder.languages[language]
        mark = words.gettext("Letter %(number)s · page %(page)s of %(pages)s")
        pages = []
        for number, item in enumerate(items, 1):
            # The page numbers are known only when the letter is typeset.
            said = mark % {"number": number, "page": "{page}", "pages": "{pages}"}
            page = replace(item.page, number=number, footer=said)
            pages.append((page, tuple(self.pdf_renderer.missing_characters("".join(page.texts())))))
        return pages

    def _pdf(
        self, name: str, pages: Sequence[PrintedLetter], title: str, language: str
    ) -> list[Attachment]:
        out = BytesIO()
        self.pdf_renderer.render_letters(pages, out, title, language)
        return [Attachment(name, "application/pdf", out.getvalue())]

    def _csv(self, items: Sequence[DigestItem], language: str) -> bytes:
        rows = ((number, *item.cells) for number, item in enumerate(items, 1))
        # With the byte order mark that tells spreadsheet programs that this is UTF-8.
        columns = _columns(self.message_builder.languages[language])
        return BOM_UTF8 + b"".join(self.encode_table(columns, rows, list_separator(language)))


def _columns(words: Language) -> tuple[str, ...]:
    _ = words.gettext
    return (
        *(_("Number"), _("Date"), _("Name"), _("Town"), _("Language"), _("Demands")),
        *(_("Subject"), _("Letter"), _("Reply address"), _("ID")),
    )


def _demands(row: LetterRow) -> list[str]:
    return [demand for demand, _ in row.keys["demands"]]


def _usual_language(items: Sequence[DigestItem]) -> str:
    counted = Counter(item.row.language for item in items)
    return min(counted, key=lambda language: (-counted[language], language))


def _by_weight(items: Sequence[DigestItem], language: str) -> list[DemandTally]:
    """Return the demands, those of most letters first; ties go to the one put first more often.

    Each is as its signature endorsed it: a demand that was worded differently before is separate.
    """
    made: Counter[str] = Counter()
    first: Counter[str] = Counter()
    for item in items:
        words = item.endorsed.words_in(language).demands
        demands = [words[key].heading for key in _demands(item.row)]
        made.update(demands)
        first.update(demands[:1])
    headings = sorted(made, key=lambda heading: (-made[heading], -first[heading], heading))
    return [DemandTally(heading, made[heading], first[heading]) for heading in headings]
