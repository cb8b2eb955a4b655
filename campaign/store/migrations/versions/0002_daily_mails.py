"""Daily mails

Revision ID: 0002
Revises: 0001
"""
from alembic import op
import sqlalchemy as sa

from campaign.store.migrations.checks import set_choices

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

KINDS = ('confirmation', 'already_signed', 'reminder', 'fresh_link', 'letter_copy', 'ministry_paused')
MORE_KINDS = ('ministry_objected', 'long_queue', 'digest_asked', 'objection_asked')


def upgrade() -> None:
    op.add_column('ministries', sa.Column('digest', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column('ministries', sa.Column('digest_until', sa.DateTime(timezone=True), nullable=True))
    op.add_column('ministries', sa.Column('digest_offered_on', sa.Date(), nullable=True))
    op.add_column('attempts', sa.Column('digest_id', sa.Uuid(), nullable=True))
    op.create_index('ix_attempts_digest_id', 'attempts', ['digest_id'])
    set_choices('mails', 'kind', KINDS + MORE_KINDS)


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM attempts WHERE mail_id IN (SELECT id FROM mails WHERE kind IN :kinds)").bindparams(sa.bindparam('kinds', MORE_KINDS, expanding=True)))
    op.execute(sa.text("DELETE FROM mails WHERE kind IN :kinds").bindparams(sa.bindparam('kinds', MORE_KINDS, expanding=True)))
    set_choices('mails', 'kind', KINDS)
    op.drop_index('ix_attempts_digest_id', 'attempts')
    op.drop_column('attempts', 'digest_id')
    for column in ('digest_offered_on', 'digest_until', 'digest'):
        op.drop_column('ministries', column)
