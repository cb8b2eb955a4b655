"""The errors that this project raises deliberately.

CampaignError
├── SettingsError         settings are missing or invalid; lists all errors at once
├── SchemaMismatch        a table, column or unique index that the code needs is missing
├── RestorePending        a backup was restored, and what happened since is not yet done again
├── TrialUndecided        nobody has decided about the signatures made before the site was live
├── ContentError          a bundle or data file is invalid; lists all errors at once
├── DifferentLetter       what is to be published under a slug looks like another letter
├── WordingChangeUnstated a wording is replaced, and nobody has stated what changes
├── InvalidText           text that a person typed is not acceptable
├── InvalidFields         the same in several fields of a form; has a reason for each field
├── TokenError            a link or form token was not issued by this site for this purpose
│   └── TokenExpired      it was, but it has expired
├── SealError             a sealed value was changed or is in the wrong row
│   └── KeyMissing        its key is not configured; nothing is wrong with the value
├── NotFound              there is no such campaign, government or signature
│   ├── InvitationOver    an invitation's link was used, or has expired
│   └── CampaignMoved     the campaign has another address now
├── CampaignNotOpenYet    the campaign cannot be signed yet
├── CampaignClosed        the campaign can no longer be signed
├── LanguageUnavailable   the campaign does not have the language in the URL
├── SubmissionDiscarded   another submission was confirmed, or the address wants no mail
├── AlreadySigned         another signature of the same person is confirmed
├── MoreThanPreviewed     a rule matches many more signatures than its author was shown
├── NoLongerPossible      the signature or letter has changed since the page was shown
│   ├── AudienceGrew      an action would reach clearly more people than was shown
│   └── DraftConflict     somebody else changed the same words of a draft meanwhile
├── PermissionDenied      the organiser's role does not allow it, or not at the moment
├── Busy                  too many requests for slow work at once; nothing was done
├── SignInThrottled       passwords were tried too often; the next try has to wait
├── DuplicateSubmission   this very form was already submitted
├── TooEarly              a report came before the worker recorded its own result; retry it
├── UnsafeMessage         a built e-mail is not what was intended; it is not sent
├── BackupError           a backup cannot be made, read or restored; nothing was changed
│   └── DiskFull          because the disk is full: nothing is wrong with the backup
├── MissingGlyphs         a text has characters that the printing fonts do not have
└── TransportError        a message was not accepted (`permanent`: whether retrying is pointless)
    └── OutcomeUnknown    the connection ended when the message may have been accepted
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime


class CampaignError(Exception):
    """The base class of all errors that this project raises deliberately."""


class _ErrorList(CampaignError):
    """Several errors, each in one sentence, reported together."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class SettingsError(_ErrorList):
    pass


class SchemaMismatch(_ErrorList):
    pass


class RestorePending(CampaignError):
    """A restore is not settled.

    `made_at`: when the backup was made; `began_at`: when its restore began.
    """

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
    """The letter to be published under a slug looks like another one; lists all differences."""


class WordingChangeUnstated(CampaignError):
    """The kind of a wording change is not stated, or the statement cannot be true.

    `reason` is a key that tells which.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class InvalidText(CampaignError):
    """Text that is not acceptable; `reason` is a key that the web turns into a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class InvalidFields(CampaignError):
    """Text in fields of a form is not acceptable; `reasons`: InvalidText's reason by field name."""

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


class InvitationOver(NotFound):
    pass


class CampaignMoved(NotFound):
    """The campaign had this address before; `slug`: the one that it has now."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"it has the address {slug} now")
        self.slug = slug


class CampaignNotOpenYet(CampaignError):
    """The campaign cannot be signed yet; `day`: the first day on which it can."""

    def __init__(self, day: date) -> None:
        super().__init__(day.isoformat())
        self.day = day


class CampaignClosed(CampaignError):
    """The campaign can no longer be signed; `day`: the last day on which it could."""

    def __init__(self, day: date) -> None:
        super().__init__(day.isoformat())
        self.day = day


class LanguageUnavailable(CampaignError):
    """The campaign does not have this language; `instead`: a language that it has."""

    def __init__(self, instead: str) -> None:
        super().__init__(instead)
        self.instead = instead


class SubmissionDiscarded(CampaignError):
    pass


class AlreadySigned(CampaignError):
    pass


class MoreThanPreviewed(CampaignError):
    """A rule matches `now` signatures, and matched only `seen` in the preview."""

    def __init__(self, seen: int, now: int) -> None:
        super().__init__(f"{now} signatures match now, and {seen} were shown")
        self.seen = seen
        self.now = now


class NoLongerPossible(CampaignError):
    pass


class AddressSettled(CampaignError):
    """The e-mail address of a submission can no longer be changed on the page after signing."""


class PermissionDenied(CampaignError):
    """An organiser may not do this; `reason` is a key that becomes a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Busy(CampaignError):
    pass


class SignInThrottled(CampaignError):
    """Passwords were tried too often; `seconds`: how long until the next try counts."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} seconds")
        self.seconds = seconds


class DuplicateSubmission(CampaignError):
    pass


class AudienceGrew(NoLongerPossible):
    """An action would reach clearly more people than was shown; `count`: how many now."""

    def __init__(self, count: int) -> None:
        super().__init__(f"it would reach {count} people now")
        self.count = count


class DraftConflict(NoLongerPossible):
    """Somebody else changed the same words of a draft; `theirs`: what, by file and path.

    `number`: the version that has them. `removed`: files that she changed and somebody removed.
    """

    def __init__(
        self,
        number: int,
        theirs: Mapping[tuple[str, tuple[str, ...]], object],
        removed: Collection[str] = (),
    ) -> None:
        super().__init__(f"version {number} has other words")
        self.number = number
        self.theirs = theirs
        self.removed = removed


class TooEarly(CampaignError):
    pass


class UnsafeMessage(CampaignError):
    pass


class BackupError(CampaignError):
    pass


class DiskFull(BackupError):
    """A disk is full; `place`: a file or folder on that disk."""

    def __init__(self, place: object) -> None:
        super().__init__(
            f"the disk of {place} is full; nothing was changed. Make room there and try again"
        )


class MissingGlyphs(CampaignError):
    """The fonts lack glyphs for `characters`, which would be printed as boxes."""

    def __init__(self, characters: str) -> None:
        super().__init__(f"the font has no glyph for: {' '.join(characters)}")
        self.characters = characters


class TransportError(CampaignError):
    """A message was not accepted.

    `permanent`: retrying is pointless. `code`: the SMTP reply code or a word.
    `reply`: the server's reply, verbatim (redact it before storing).
    """

    def __init__(self, reply: str, *, permanent: bool, code: str = "") -> None:
        super().__init__(reply)
        self.permanent = permanent
        self.code = code
        self.reply = reply


class OutcomeUnknown(TransportError):
    """The connection ended between the message's last byte and the reply (RFC 1047)."""

    def __init__(self, reply: str) -> None:
        super().__init__(reply, permanent=False, code="unknown")
