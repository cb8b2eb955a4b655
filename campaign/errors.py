"""The errors that this project raises on purpose.

CampaignError
├── SettingsError         settings are missing or wrong; names all faults at once
├── SchemaMismatch        a table, column or unique index that the code needs is missing
├── RestorePending        a backup was put back, and what happened since is not done again
├── TrialUndecided        nobody has decided about what was signed before the site was live
├── ContentError          a bundle or data file is faulty; names all faults at once
├── DifferentLetter       what is to be published under a slug looks like another letter
├── WordingChangeUnstated a wording is replaced, and nobody said what changes
├── InvalidText           text that a person typed cannot be accepted as it is
├── InvalidFields         so is text in some of a form's fields; names each field's reason
├── TokenError            a link or form stamp was not made by this site for this purpose
│   └── TokenExpired      it was, but its time is over
├── SealError             a sealed value was changed or stands in the wrong row
│   └── KeyMissing        it was made with a key that is not at hand; nothing is wrong with it
├── NotFound              there is no such campaign, government or signature
├── CampaignNotOpenYet    the campaign takes no signatures before its day
├── CampaignClosed        the campaign takes none any more
├── LanguageUnavailable   the campaign does not have the language of this address
├── SubmissionDiscarded   another submission was confirmed, or its address wants no mail
├── AlreadySigned         another signature of the same person is confirmed
├── MoreThanPreviewed     many more signatures meet a rule than whoever asked was shown
├── NoLongerPossible      the signature or letter has moved on since the page was shown
│   └── AudienceGrew      an act would reach clearly more people than was shown
├── PermissionDenied      this organiser's role does not allow it, or not at the moment
├── Busy                  too many ask for slow work at once; nothing was done
├── DuplicateSubmission   this very form was acted on before
├── TooEarly              a report came before the worker's own result; bring it again
├── UnsafeMessage         a built e-mail is not what was meant; it is not sent
├── BackupError           a backup cannot be made, read or put back; nothing was changed
│   └── DiskFull          for want of room: nothing is wrong with the backup
├── Unprintable           a text has characters that the printing font does not have
└── TransportError        a message was not accepted (`permanent` says whether to try again)
    └── OutcomeUnknown    the connection ended when the message may have been accepted
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime


class CampaignError(Exception):
    """Anything that this project raises on purpose."""


class _ErrorList(CampaignError):
    """Several faults, each one sentence, found in one go."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class SettingsError(_ErrorList):
    pass


class SchemaMismatch(_ErrorList):
    pass


class RestorePending(CampaignError):
    """`made_at`: of when the backup is; `began_at`: when its restore began."""

    def __init__(self, made_at: datetime, began_at: datetime) -> None:
        super().__init__(
            f"the restore of the backup of {made_at:%Y-%m-%d %H:%M} UTC, begun at"
            f" {began_at:%Y-%m-%d %H:%M} UTC, is not settled: nothing is sent or saved until"
            " campaign restore has ended well (docs/operating.md)"
        )
        self.made_at = made_at
        self.began_at = began_at


class TrialUndecided(_ErrorList):
    pass


class ContentError(_ErrorList):
    pass


class DifferentLetter(_ErrorList):
    """What is to be published under a slug looks like another letter; each difference is named."""


class WordingChangeUnstated(CampaignError):
    """`reason` is a key: nothing is stated, or something that cannot be true."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class InvalidText(CampaignError):
    """Text that cannot be accepted; `reason` is a key that the web turns into a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class InvalidFields(CampaignError):
    """`reasons`: for each faulty field, by its name, what InvalidText would say."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        super().__init__(", ".join(f"{field}: {reason}" for field, reason in reasons.items()))
        self.reasons = dict(reasons)


class TokenError(CampaignError):
    pass


class TokenExpired(TokenError):
    pass


class SealError(CampaignError):
    pass


class KeyMissing(SealError):
    pass


class NotFound(CampaignError):
    pass


class CampaignNotOpenYet(CampaignError):
    """`day`: the first on which signatures are taken."""

    def __init__(self, day: date) -> None:
        super().__init__(day.isoformat())
        self.day = day


class CampaignClosed(CampaignError):
    """`day`: the last on which signatures were taken."""

    def __init__(self, day: date) -> None:
        super().__init__(day.isoformat())
        self.day = day


class LanguageUnavailable(CampaignError):
    """`instead`: the language in which the campaign can be read."""

    def __init__(self, instead: str) -> None:
        super().__init__(instead)
        self.instead = instead


class SubmissionDiscarded(CampaignError):
    pass


class AlreadySigned(CampaignError):
    pass


class MoreThanPreviewed(CampaignError):
    """`seen` signatures met the rule when its asker looked, `now` do."""

    def __init__(self, seen: int, now: int) -> None:
        super().__init__(f"{now} signatures meet the rule now, and {seen} were shown")
        self.seen = seen
        self.now = now


class NoLongerPossible(CampaignError):
    pass


class PermissionDenied(CampaignError):
    """`reason` is a key that becomes a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Busy(CampaignError):
    pass


class DuplicateSubmission(CampaignError):
    pass


class AudienceGrew(NoLongerPossible):
    """`count`: how many people it would reach now."""

    def __init__(self, count: int) -> None:
        super().__init__(f"it would reach {count} people now")
        self.count = count


class TooEarly(CampaignError):
    pass


class UnsafeMessage(CampaignError):
    pass


class BackupError(CampaignError):
    pass


class DiskFull(BackupError):
    """`place`: a file or folder on the disk that has no room."""

    def __init__(self, place: object) -> None:
        super().__init__(
            f"the disk of {place} is full; nothing was changed. Make room there and try again"
        )


class MissingGlyphs(CampaignError):
    """`characters` are those without a glyph; they would be printed as boxes."""

    def __init__(self, characters: str) -> None:
        super().__init__(f"the font has no glyph for: {' '.join(characters)}")
        self.characters = characters


class TransportError(CampaignError):
    """A message was not accepted.

    `permanent`: trying again is pointless. `code`: the SMTP reply code or a word.
    `reply`: what the other side said, as it said it (mask it before storing).
    """

    def __init__(self, reply: str, *, permanent: bool, code: str = "") -> None:
        super().__init__(reply)
        self.permanent = permanent
        self.code = code
        self.reply = reply


class OutcomeUnknown(TransportError):
    """The connection ended between the message's last byte and the answer (RFC 1047)."""

    def __init__(self, reply: str) -> None:
        super().__init__(reply, permanent=False, code="unknown")
