"""Mail budgets: how many mails are sent in an hour, in total and to each mail domain.

Mails over the budget wait. Mails of held submissions have a budget of their own, and take nothing
from that of others.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from campaign.campaigns.rows import CampaignRow
from campaign.delivery.rows import MailBudgetRow
from campaign.signatures.rows import SignatureRow
from campaign.store.sql import dialect_insert

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.delivery.rows import OutgoingRow

SITE_SCOPE = bytes(32)
"""The scope of every mail; those of domains are their keyed hashes."""

HOUR = timedelta(hours=1)
_ATTACK_DIVISOR = 4
"""While a campaign is in attack mode, the budget is divided by this."""

_HELD_DIVISOR = 10
"""An hour's budget divided by this is what mails of held submissions have for themselves."""


@dataclass(frozen=True)
class Budget:
    """The maximum number of mails in an hour: in total, and to one mail domain.

    `held`: it is that of held submissions. In attack mode all are held, so it is not cut further.
    """

    total: int
    per_domain: int
    held: bool = False

    @property
    def for_held_mails(self) -> Budget:
        part = _HELD_DIVISOR
        return Budget(max(self.total // part, 1), max(self.per_domain // part, 1), held=True)

    def scope(self, of: bytes) -> bytes:
        """Return the scope under which this budget counts all mails, or those of a domain."""
        return hashlib.sha256(b"held" + of).digest() if self.held else of


_ATTACKED = select(CampaignRow.id).where(CampaignRow.attacked_since.is_not(None)).limit(1)

NO_BUDGET = Budget(total=10**9, per_domain=10**9)


def spend(
    session: Session, rows: Sequence[OutgoingRow], budget: Budget, now: datetime
) -> list[OutgoingRow]:
    """Return the mails that fit into this hour's budget; the others become due in the next hour.

    The counters are created and locked before they are read, in one order, so that any number of
    workers keeps the budget, also at the start of the hour.
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    whole, domains = budget.scope(SITE_SCOPE), _domains(session, rows, budget)
    spent = _locked(session, sorted({whole, *domains.values()}), hour)
    most = _limits(session, budget)
    fitting: list[OutgoingRow] = []
    taken: Counter[bytes] = Counter()
    for row in rows:
        scopes = [whole, *filter(None, [domains.get(row.signature_id)])]
        if all(spent[scope] + taken[scope] < most[scope != whole] for scope in scopes):
            taken.update(scopes)
            fitting.append(row)
        else:
            row.due_at = hour + HOUR
    _count(session, taken, hour)
    return fitting


def remaining(session: Session, budget: Budget, now: datetime) -> int:
    """Return how many mails may still be sent this hour; other workers may be spending some."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    row = session.get(MailBudgetRow, (budget.scope(SITE_SCOPE), hour))
    return max(_limits(session, budget)[0] - (row.mails if row else 0), 0)


def delete_before(session: Session, moment: datetime) -> None:
    session.execute(delete(MailBudgetRow).where(MailBudgetRow.hour < moment))


def _domains(
    session: Session, rows: Sequence[OutgoingRow], budget: Budget
) -> dict[UUID | None, bytes]:
    ids = {row.signature_id for row in rows if row.signature_id is not None}
    known = select(SignatureRow.id, SignatureRow.domain_hash).where(SignatureRow.id.in_(ids))
    return {row[0]: budget.scope(row[1]) for row in session.execute(known) if row[1] is not None}


def _locked(session: Session, scopes: Sequence[bytes], hour: datetime) -> Counter[bytes]:
    """Return what was spent in each scope, locked until the transaction ends.

    A counter that does not exist cannot be locked: two workers would each start at zero.
    """
    fresh = [{"scope": scope, "hour": hour, "mails": 0} for scope in scopes]
    session.execute(dialect_insert(session, MailBudgetRow).values(fresh).on_conflict_do_nothing())
    locked = session.execute(
        select(MailBudgetRow.scope, MailBudgetRow.mails)
        .where(MailBudgetRow.scope.in_(scopes), MailBudgetRow.hour == hour)
        .order_by(MailBudgetRow.scope)
        .with_for_update()
    )
    return Counter({row[0]: row[1] for row in locked})


def _limits(session: Session, budget: Budget) -> tuple[int, int]:
    """Return the budget in total and of one domain; less while a campaign is in attack mode."""
    if budget.held:
        return budget.total, budget.per_domain
    part = 1 if session.scalar(_ATTACKED) is None else _ATTACK_DIVISOR
    return max(budget.total // part, 1), max(budget.per_domain // part, 1)


def _count(session: Session, taken: Counter[bytes], hour: datetime) -> None:
    for scope, mails in taken.items():
        session.execute(
            update(MailBudgetRow)
            .where(MailBudgetRow.scope == scope, MailBudgetRow.hour == hour)
            .values(mails=MailBudgetRow.mails + mails)
            .execution_options(synchronize_session=False)
        )
