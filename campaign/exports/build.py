"""Build large exports in the worker in short time slices, so that no mail waits long for one."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from sqlalchemy.exc import DBAPIError

from campaign import logs
from campaign.errors import MissingGlyphs, NotFound, RestorePending, SealError
from campaign.exports.enqueue import MAX_LETTERS_PER_FILE
from campaign.exports.handover import HandoverPack
from campaign.exports.queries import jobs
from campaign.exports.queries.records import SignatureExportFilter
from campaign.exports.rules import ExportKind, JobState
from campaign.exports.tables import signature_table
from campaign.letters.queries import printable
from campaign.letters.rules.letter import LetterState
from campaign.recipients.queries import recipients
from campaign.signatures.rules.signature import SignatureState
from campaign.store.private_files import create_private_file

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.campaigns.cache import CampaignCache
    from campaign.exports.handover import HandoverPackWriter
    from campaign.exports.rows import ExportJobRow
    from campaign.letters.printed_letters import PrintedLetterBuilder
    from campaign.letters.rows import LetterRow
    from campaign.printing.renderer import PrintedLetter
    from campaign.store.database import Database
    from campaign.store.keyring import Keyring

TIME_SLICE_SECONDS = 1.0
"""Length of a time slice, and so how often progress is stored."""

_CHUNK_BYTES = 1024 * 1024

log = logs.get_logger(__name__)


class Format(Protocol):
    """What this module needs of a table format."""

    SUFFIX: str

    def pieces(self, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]: ...


@dataclass
class _ActiveJob:
    """The export being built: its generator continues in each time slice."""

    job_id: UUID
    file: str
    turns: Generator[None] = field(init=False)
    done: int = 0
    total: int = 0
    size: int = 0
    digest: Any = field(default_factory=hashlib.sha256)
    problems: str = ""
    printed: dict[str, str] = field(default_factory=dict)

    def counted(self, rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
        for self.done, row in enumerate(rows, 1):
            yield row


@dataclass
class ExportBuilder:
    """Builder of queued exports into a folder, one export at a time."""

    database: Database
    keyring: Keyring
    campaign_cache: CampaignCache
    load_format: Callable[[str], Format]
    pack_writer: HandoverPackWriter
    letter_builder: PrintedLetterBuilder
    folder: Path
    name: str
    clock: Callable[[], datetime]
    turn_seconds: float = TIME_SLICE_SECONDS
    _work: _ActiveJob | None = None

    def run_batch(self) -> int:
        """Continue the current export for one time slice, or claim one; return 1 if there is one.

        An export that fails is marked as failed, unless the database is down: then its lease
        lapses, and it is started again.
        """
        work = self._work = self._work or self._claim_job()
        if work is None:
            return 0
        try:
            self._advance(work)
        except (DBAPIError, RestorePending):
            self._abort(work)
            raise
        except Exception as error:
            log.warning("an export failed", job=str(work.job_id), exc_info=error)
            self._abort(work)
            self._settle(
                work, JobState.FAILED, finished_at=self.clock(), fault=_error_message(error)
            )
        return 1

    def release_job(self) -> None:
        """Return the current export to the queue for the next worker."""
        if self._work is not None:
            work = self._work
            self._abort(work)
            with suppress(DBAPIError, RestorePending):
                # Its lease lapses on its own, or it does not exist any more.
                self._settle(work, JobState.WAITING)

    def delete_stale_files(self) -> None:
        """Delete files that are too old, were cancelled, or whose builder was killed.

        Folders, such as lost+found, are left alone. Raise OSError at the end if a file could not be
        deleted.
        """
        # List the folder first: files begun afterwards are not deleted.
        there = list(self.folder.iterdir()) if self.folder.is_dir() else []
        if not there:
            return
        with self.database.reading() as session:
            used = jobs.files_in_use(session)
        kept = None
        for path in there:
            if path.name not in used and not path.is_dir():
                try:
                    path.unlink(missing_ok=True)
                except OSError as error:
                    kept = error
        if kept is not None:
            raise kept

    def _claim_job(self) -> _ActiveJob | None:
        with self.database.reading() as session:
            if not jobs.is_any_due(session, self.clock()):
                return None
        with self.database.writing() as session:
            row = jobs.claim(session, self.name, secrets.token_hex(16), self.clock())
        if row is None:
            return None
        work = _ActiveJob(row.id, row.file)
        work.turns = self._write_file(work, row)
        return work

    def _advance(self, work: _ActiveJob) -> None:
        until = time.monotonic() + self.turn_seconds
        for _ in work.turns:
            if time.monotonic() >= until:
                break
        else:
            self._work = None
            sums = {"size": work.size, "sha256": work.digest.hexdigest(), "fault": work.problems}
            self._settle(
                work, JobState.READY, finished_at=self.clock(), printed=work.printed, **sums
            )
            return
        with self.database.writing() as session:
            progress = (work.done, work.total, self.clock())
            kept = jobs.note_progress(session, work.job_id, work.file, *progress)
        if not kept:
            self._abort(work)

    def _write_file(self, work: _ActiveJob, row: ExportJobRow) -> Generator[None]:
        """Write the file, and yield whenever other work may run."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / work.file
        write = {
            ExportKind.SIGNATURES: self._write_table,
            ExportKind.PACK: self._write_pack,
            ExportKind.LETTERS: self._write_letters,
        }[row.what]
        # Not from the replica: this thread delivers mail, too, and must not hang with it.
        with self.database.reading() as session, create_private_file(path) as out:
            yield from write(session, work, row, out)
            out.flush()
            os.fsync(out.fileno())
        with path.open("rb") as made:
            while piece := made.read(_CHUNK_BYTES):
                work.digest.update(piece)
                work.size += len(piece)
                yield

    def _write_table(
        self, session: Session, work: _ActiveJob, row: ExportJobRow, out: BinaryIO
    ) -> Iterator[None]:
        loaded = self.campaign_cache.by_id(session, row.campaign_id)
        table = signature_table(session, self.keyring, loaded, _filter_of(row))
        work.total = table.total
        form = self.load_format(row.format)
        for piece in form.pieces(table.columns, work.counted(table.rows_for(row.format))):
            out.write(piece)
            yield
        work.problems = ", ".join(f"{word}: {n}" for word, n in sorted(table.problems.items()))

    def _write_pack(
        self, session: Session, work: _ActiveJob, row: ExportJobRow, out: BinaryIO
    ) -> Iterator[None]:
        loaded = self.campaign_cache.by_id(session, row.campaign_id)
        pack = HandoverPack(session, loaded, row.government, self.clock().date())
        work.total = pack.named_count
        for names in self.pack_writer.write(pack, out):
            work.done = max(work.done, names)
            yield
        work.problems = f"left out: {pack.unopened}" if pack.unopened else ""

    def _write_letters(
        self, session: Session, work: _ActiveJob, row: ExportJobRow, out: BinaryIO
    ) -> Iterator[None]:
        states, key = [LetterState(row.parameters["state"])], row.recipient
        number = printable.count_printable(session, row.campaign_id, key, states)
        work.total = min(number, MAX_LETTERS_PER_FILE)
        rows = printable.iter_printable(session, row.campaign_id, key, states, MAX_LETTERS_PER_FILE)
        campaign = self.campaign_cache.by_id(session, row.campaign_id).campaign
        title, language = self.letter_builder.file_title(campaign, recipients.get(session, key))
        printed = self._printed(session, work, rows)
        yield from self.pack_writer.pdf_renderer.render_letters_in_batches(
            printed, out, title, language
        )

    def _printed(
        self, session: Session, work: _ActiveJob, rows: Iterable[LetterRow]
    ) -> Iterator[PrintedLetter]:
        """Yield the printable letters, recording when each had changed last; count the others."""
        left_out = 0
        for work.done, row in enumerate(rows, 1):
            try:
                letter = self.letter_builder.build(session, row)
                self.pack_writer.pdf_renderer.require_printable(letter)
            except (MissingGlyphs, SealError):
                left_out += 1
                work.problems = f"left out: {left_out}"
                continue
            work.printed[str(row.id)] = row.changed_at.isoformat()
            yield letter

    def _abort(self, work: _ActiveJob) -> None:
        """Stop, and leave no partial file."""
        self._work = None
        with suppress(OSError):
            work.turns.close()
        with suppress(OSError):
            # `delete_stale_files` tries again.
            (self.folder / work.file).unlink(missing_ok=True)

    def _settle(self, work: _ActiveJob, state: JobState, **values: Any) -> None:
        values |= {"done": work.done, "total": work.total}
        with self.database.writing() as session:
            jobs.settle(session, work.job_id, work.file, state, **values)


def _filter_of(row: ExportJobRow) -> SignatureExportFilter:
    given = {**row.parameters, "state": SignatureState(row.parameters["state"])}
    return SignatureExportFilter(government=row.government, **given)


def _error_message(error: Exception) -> str:
    """Return what failed without the error's own text, which may contain personal data."""
    if isinstance(error, NotFound):
        return "no postal address is verified"
    if isinstance(error, OSError):
        return error.strerror or "the file could not be written"
    return f"a program error: {type(error).__name__}"
