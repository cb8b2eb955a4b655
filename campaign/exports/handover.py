"""The hand-over pack: one recipient's open letter, its counts and names, and how to verify them.

Everything in it is read at one moment. The same data on the same day give the same bytes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

from campaign.errors import MissingGlyphs, SealError
from campaign.exports.queries import records
from campaign.exports.tables import count_table
from campaign.exports.zip_writer import _ZipWriter
from campaign.language import formats
from campaign.recipients.choose import choose_recipients
from campaign.recipients.rules.addresses import Channel
from campaign.signatures.public_counts import list_wordings
from campaign.signatures.queries import counts
from campaign.signatures.rules.counts import CountFilter, Dimension
from campaign.signatures.sealing import unseal_person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import CampaignCache, LoadedCampaign
    from campaign.language.catalogue import Language
    from campaign.operator import Operator
    from campaign.printing.renderer import PdfRenderer
    from campaign.recipients.rows import RecipientRow
    from campaign.signatures.public_counts import Wording
    from campaign.signatures.rules.signature import Person
    from campaign.store.keyring import Keyring

    TablePieces = Callable[[Sequence[str], Iterable[Sequence[Any]]], Iterator[bytes]]

NAMES_PER_BATCH = 600
"""Names that Typst sets at once: three pages. Its memory use grows with their number."""

_DIMENSIONS = (
    *(Dimension.GOVERNMENT, Dimension.DAY, Dimension.LANGUAGE),
    *(Dimension.REVISION, Dimension.WORDING, Dimension.ORIGIN, Dimension.SOURCE),
)


@dataclass(frozen=True)
class HandoverPack:
    """A pack that is being written: for whom, as of which day, and how its names were counted.

    `unopened`: people who agreed to be named and whose sealed values could not be opened.
    """

    session: Session
    loaded: LoadedCampaign
    government: str
    today: date
    tally: Counter[str] = field(default_factory=Counter)

    @cached_property
    def recipients(self) -> list[RecipientRow]:
        """Return whom the open letter is for: those that get letters, or that one may choose from.

        Of several that stand in for one another, the one that the campaign would rather write to;
        nobody if none is known here.
        """
        choice = self.loaded.campaign.facts.recipients
        keys = {self.government: choice.candidates(self.government)}
        chosen = choose_recipients(self.session, keys, choice.to, live=False)
        return [one.row for one in chosen[self.government]]

    @property
    def count_filter(self) -> CountFilter:
        return CountFilter(government=self.government)

    @property
    def unopened(self) -> int:
        return self.tally["unopened"]

    def count_filter_for(self, wording: Wording) -> CountFilter:
        return replace(self.count_filter, wording=wording.number)

    @property
    def named_count(self) -> int:
        """Return how many people agreed to be named."""
        return self.count_named(None)

    def count_named(self, wording: int | None) -> int:
        campaign_id = self.loaded.campaign_id
        return records.count_named(self.session, campaign_id, self.government, wording)


@dataclass(frozen=True)
class HandoverPackWriter:
    """Writes packs from the current state of the database."""

    keyring: Keyring
    pdf_renderer: PdfRenderer
    languages: Mapping[str, Language]
    operator: Operator
    campaign_cache: CampaignCache
    encode_table: TablePieces
    names_at_once: int = NAMES_PER_BATCH

    def write(self, pack: HandoverPack, out: BinaryIO) -> Iterator[int]:
        """Write a pack as a ZIP file, and yield now and then how many names have been set.

        Raise MissingGlyphs if the campaign's own words have characters that the font lacks.
        """
        language, signed = self._language(pack), self._signed(pack)
        with ZipFile(out, "w", ZIP_DEFLATED) as file:
            folder = _ZipWriter(file)
            yield from folder.add("names.csv", self._names(pack, signed))
            yield from folder.add("counts.csv", self._counts(pack))
            for digest, document in self._revisions(pack):
                yield from folder.add(f"revisions/{digest}.json", [document.encode()])
            letter = BytesIO()
            parts = self._parts(pack, signed, language)
            for _ in self.pdf_renderer.render_handover(self._title(pack), parts, letter):
                yield pack.tally["set"]
            yield from folder.add("letter.pdf", [letter.getvalue()])
            yield from folder.add("HOW-TO-CHECK.txt", [self._how_to_check(pack, language).encode()])
            yield from folder.add("MANIFEST.txt", [folder.manifest.encode()])

    def _language(self, pack: HandoverPack) -> Language:
        """Return the language that the first recipient reads, or else the campaign's own."""
        reads = pack.recipients[0].letter_languages if pack.recipients else ()
        return self.languages[pack.loaded.campaign.letter_languages(reads)[0]]

    def _title(self, pack: HandoverPack) -> str:
        return pack.loaded.campaign.words_in(self._language(pack).tag).title

    def _signed(self, pack: HandoverPack) -> list[Wording]:
        """Return the wordings that were signed for this government, or the current one."""
        found = list_wordings(pack.session, self.campaign_cache, pack.loaded, pack.count_filter)
        return [one for one in found if one.signatures] or found[:1]

    def _people(self, pack: HandoverPack, wording: Wording) -> Iterator[Person]:
        campaign_id, number = pack.loaded.campaign_id, wording.number
        rows = records.stream_named_people(pack.session, campaign_id, pack.government, number)
        for signature_id, sealed in rows:
            try:
                yield unseal_person(self.keyring, signature_id, sealed)
            except SealError:
                pack.tally["unopened"] += 1

    def _names(self, pack: HandoverPack, signed: Sequence[Wording]) -> Iterator[bytes]:
        pack.tally["unopened"] = 0
        rows = (
            (person.name, person.town, wording.number)
            for wording in signed
            for person in self._people(pack, wording)
        )
        return self.encode_table(("name", "town", "wording"), rows)

    def _counts(self, pack: HandoverPack) -> Iterator[bytes]:
        table = count_table(pack.session, pack.loaded, _DIMENSIONS, pack.count_filter)
        return self.encode_table(table.columns, table.rows)

    def _revisions(self, pack: HandoverPack) -> list[tuple[str, str]]:
        return counts.revisions_signed_in(pack.session, pack.loaded.campaign_id, pack.government)

    def _parts(
        self, pack: HandoverPack, signed: Sequence[Wording], language: Language
    ) -> Iterator[dict[str, Any]]:
        """Yield what the template sets: for each wording the letter and who signed it."""
        pack.tally["unopened"] = 0
        for wording in signed:
            letter = self._letter(pack, wording, language)
            if len(signed) > 1:
                since = formats.long_date(wording.since, language.tag)
                letter["wording"] = language.gettext("Wording of %(date)s") % {"date": since}
            yield letter
            yield from self._signatories(pack, wording, language)

    def _signatories(
        self, pack: HandoverPack, wording: Wording, language: Language
    ) -> Iterator[dict[str, Any]]:
        """Yield names in batches."""
        heading = {"heading": language.gettext("Signatories who agreed to be named")}
        names: list[str] = []
        unprintable = 0
        for person in self._people(pack, wording):
            line = ", ".join(part for part in (person.name, person.town) if part)
            if self.pdf_renderer.missing_characters(line):
                unprintable += 1
                continue
            names.append(line)
            if len(names) == self.names_at_once:
                yield {"language": language.tag, "names": names, "after": [], **heading}
                pack.tally["set"] += len(names)
                names, heading = [], {}
        pack.tally["set"] += len(names)
        if names or unprintable:
            after = self._after(unprintable, language)
            yield {"language": language.tag, "names": names, "after": after, **heading}

    def _after(self, unprintable: int, language: Language) -> list[str]:
        if not unprintable:
            return []
        said = language.gettext(
            "Names with characters that this document cannot show: %(number)s. They "
            "are in the file names.csv."
        )
        return [said % {"number": formats.format_number(unprintable, language.tag)}]

    def _letter(self, pack: HandoverPack, wording: Wording, language: Language) -> dict[str, Any]:
        campaign, tag, only = wording.campaign, language.tag, pack.count_filter_for(wording)
        words = campaign.words_in(tag)
        demands = [words.demands[one.key] for one in campaign.revision.demands]
        days = counts.count_by(pack.session, pack.loaded.campaign_id, [Dimension.DAY], only)
        part = {
            "language": tag,
            "addressee": [*self._addressee(pack, tag)],
            "title": words.title,
            "date": formats.long_date(pack.today, tag),
            "paragraphs": [*filter(None, (words.summary, words.asked_then))],
            "asks": language.gettext("What the signatories ask for"),
            "demands": [{"heading": one.heading, "text": one.text} for one in demands],
            "signatures": language.gettext("Signatures"),
            "totals": self._totals(pack, wording, language),
            "head": [language.gettext("Day (UTC)"), language.gettext("Signatures")],
            "days": [
                [formats.long_date(day, tag), formats.format_number(number, tag)]
                for (day,), number in days
            ],
        }
        if missing := self.pdf_renderer.missing_characters("".join(_strings_in(part))):
            raise MissingGlyphs(missing)
        return part

    def _addressee(self, pack: HandoverPack, tag: str) -> Iterator[str]:
        """Yield the recipients' names, and their addresses if a person has verified them."""
        for recipient in pack.recipients:
            yield from recipient.heading_in(tag)
            address = recipient.address_for(Channel.POSTAL, tag, live=True)
            yield from address.value.split("\n") if address else ()
        if not pack.recipients:
            yield pack.loaded.campaign.words_in(tag).country_name(pack.government)

    def _totals(self, pack: HandoverPack, wording: Wording, language: Language) -> list[str]:
        said = (
            (language.gettext("Signatures confirmed by e-mail: %(number)s"), wording.signatures),
            (
                language.gettext("Signatories who agreed to be named: %(number)s"),
                pack.count_named(wording.number),
            ),
        )
        handed = language.gettext("Handed over by %(operator)s")
        return [
            *(
                words % {"number": formats.format_number(number, language.tag)}
                for words, number in said
            ),
            handed % {"operator": self._operator(pack).name},
        ]

    def _operator(self, pack: HandoverPack) -> Operator:
        return self.operator.of_campaign(pack.loaded.campaign.facts.operator)

    def _how_to_check(self, pack: HandoverPack, language: Language) -> str:
        lines = (
            language.gettext(
                "To check the files, unpack them into one folder and run this command "
                "there: sha256sum -c MANIFEST.txt"
            ),
            language.gettext(
                "Each file in the folder “revisions” contains the text of one version "
                "that people signed. Its name is its SHA-256 hash, which is also in "
                "counts.csv."
            ),
            language.gettext(
                "The column “signatures” in counts.csv, added up for the origin “online”, "
                "gives the number in letter.pdf. It is the number that the public page "
                "showed at the time."
            ),
            language.gettext(
                "names.csv lists those who agreed to be named. "
                "The others are counted without a name."
            ),
            language.gettext("Every signature was confirmed by e-mail. Questions: %(contact)s")
            % {"contact": self._operator(pack).contact},
        )
        return "".join(f"{number}. {line}\n" for number, line in enumerate(lines, 1))


def _strings_in(value: Any) -> Iterator[str]:
    """Yield every text in a value that is to be set."""
    match value:
        case str():
            yield value
        case dict():
            yield from _strings_in([*value.values()])
        case list():
            for one in value:
                yield from _strings_in(one)
