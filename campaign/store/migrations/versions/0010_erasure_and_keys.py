"""A ministry is told that a letter's writer has deleted everything; the mark of a key; retention"""

from alembic import op
import sqlalchemy as sa

from campaign.store.migrations.checks import set_choices

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

KINDS = (
    'confirmation', 'already_signed', 'reminder', 'fresh_link', 'letter_copy', 'ministry_paused',
    'answer', 'ministry_objected', 'long_queue', 'digest_asked', 'objection_asked', 'unfiled',
    'contact_reported', 'news',
)


HELD_FOR = ('organiser', 'flood', 'haste', 'trap', 'attack')


def upgrade() -> None:
    op.create_table('key_marks',
    sa.Column('name', sa.String(length=24), nullable=False),
    sa.Column('mark', sa.LargeBinary(length=32), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_key_marks'))
    )
    op.add_column('campaigns', sa.Column('retention_told_on', sa.Date(), nullable=True))
    for table in ('signatures', 'bulk_changes'):
        set_choices(table, 'held_for', (*HELD_FOR, 'restored'))
    set_choices('mails', 'kind', (*KINDS, 'erasure', 'retention'))


def downgrade() -> None:
    new = "('erasure', 'retention')"
    op.execute(f"DELETE FROM attempts WHERE mail_id IN (SELECT id FROM mails WHERE kind IN {new})")
    op.execute(f"DELETE FROM mails WHERE kind IN {new}")
    set_choices('mails', 'kind', KINDS)
    for table in ('signatures', 'bulk_changes'):
        op.execute(f"UPDATE {table} SET held_for = 'organiser' WHERE held_for = 'restored'")
        set_choices(table, 'held_for', HELD_FOR)
    op.drop_column('campaigns', 'retention_told_on')
    op.drop_table('key_marks')
