"""Mails to single organisers, and which of them they want"""

from alembic import op
import sqlalchemy as sa

from campaign.store.migrations.checks import set_choices

revision = '0034'
down_revision = '0033'
branch_labels = None
depends_on = None

KINDS = (
    'letter', 'digest', 'confirmation', 'already_signed', 'reminder', 'fresh_link', 'letter_copy', 'answer',
    'ministry_paused', 'ministry_objected', 'long_queue', 'digest_asked', 'objection_asked', 'unfiled',
    'contact_reported', 'news', 'erasure', 'retention',
)
NOTICES = ('approval_needed', 'letters_failed', 'signatures_held', 'erasure_near')


def upgrade() -> None:
    op.create_table('organiser_notices',
    sa.Column('organiser_id', sa.Uuid(), nullable=False),
    sa.Column('notice', sa.Enum(*NOTICES, name='notice', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('wanted', sa.Boolean(), nullable=False),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['organiser_id'], ['organisers.id'], name=op.f('fk_organiser_notices_organiser_id_organisers')),
    sa.PrimaryKeyConstraint('organiser_id', 'notice', name=op.f('pk_organiser_notices')),
    )
    op.add_column('outgoing', sa.Column('organiser_id', sa.Uuid(), nullable=True))
    set_choices('outgoing', 'kind', KINDS + NOTICES)


def downgrade() -> None:
    listed = ', '.join(f"'{one}'" for one in NOTICES)
    op.execute(f"DELETE FROM attempts WHERE outgoing_id IN (SELECT id FROM outgoing WHERE kind IN ({listed}))")
    op.execute(f"DELETE FROM outgoing WHERE kind IN ({listed})")
    set_choices('outgoing', 'kind', KINDS)
    op.drop_column('outgoing', 'organiser_id')
    op.drop_table('organiser_notices')
