"""Each revision says what it changed, and which wording of the demands it has"""

import json
from typing import Any

from alembic import op
import sqlalchemy as sa

from campaign.store.migrations.checks import add_checks, drop_checks

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None

REVISIONS = sa.table(
    'revisions',
    sa.column('id', sa.Integer), sa.column('campaign_id', sa.Integer), sa.column('document', sa.Text),
    sa.column('current', sa.Boolean), sa.column('created_at', sa.DateTime), sa.column('wording', sa.SmallInteger),
    sa.column('change', sa.String), sa.column('published_at', sa.DateTime),
)
SIGNATURES = sa.table('signatures', sa.column('revision_id', sa.Integer))


def upgrade() -> None:
    op.add_column('revisions', sa.Column('wording', sa.SmallInteger(), server_default='1', nullable=False))
    op.add_column('revisions', sa.Column('change', sa.String(length=24), nullable=True))
    op.add_column('revisions', sa.Column('reason', sa.String(length=500), server_default='', nullable=False))
    op.add_column('revisions', sa.Column('published_at', sa.DateTime(timezone=True), nullable=True))
    say_what_changed()
    add_checks('revisions', {'ck_revisions_change': "change IN ('correction', 'translation', 'demands')"})


def downgrade() -> None:
    drop_checks('revisions', 'ck_revisions_change')
    for name in ('published_at', 'reason', 'change', 'wording'):
        op.drop_column('revisions', name)


def say_what_changed() -> None:
    """Nobody was asked before: what changed is read from the texts themselves.

    A revision that was signed, or is current, was published; when, nobody wrote down: at the
    earliest when it was stored.
    """
    connection = op.get_bind()
    signed = set(connection.scalars(sa.select(SIGNATURES.c.revision_id).distinct()))
    rows = connection.execute(sa.select(REVISIONS).order_by(REVISIONS.c.campaign_id, REVISIONS.c.id)).all()
    before: dict[int, tuple[dict[str, Any], int]] = {}
    for row in rows:
        if not (row.current or row.id in signed):
            continue
        document = json.loads(row.document)
        earlier, wording = before.get(row.campaign_id, ({}, 1))
        change = kind_of(earlier, document) if earlier else None
        wording += change == 'demands'
        before[row.campaign_id] = document, wording
        connection.execute(
            sa.update(REVISIONS)
            .where(REVISIONS.c.id == row.id)
            .values(wording=wording, change=change, published_at=row.created_at)
        )


def kind_of(before: dict[str, Any], after: dict[str, Any]) -> str:
    both = [(words, after['words'][tag]) for tag, words in before['words'].items() if tag in after['words']]
    keys = [[demand['key'] for demand in one['demands']] for one in (before, after)]
    if keys[0] != keys[1] or any(old['demands'] != new['demands'] for old, new in both):
        return 'demands'
    return 'translation' if len(both) == len(before['words']) and all(old == new for old, new in both) else 'correction'
