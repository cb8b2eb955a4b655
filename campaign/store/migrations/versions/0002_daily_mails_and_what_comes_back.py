"""Daily mails, and what comes back"""

from alembic import op
import sqlalchemy as sa

from campaign.store.migrations.checks import add_checks, drop_checks, set_choices

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

KINDS = ('confirmation', 'already_signed', 'reminder', 'fresh_link', 'letter_copy', 'ministry_paused')
MORE_KINDS = ('answer', 'ministry_objected', 'long_queue', 'digest_asked', 'objection_asked', 'unfiled')
OUTCOMES = ('started', 'accepted', 'temporary', 'permanent', 'unknown', 'released', 'dropped')
MORE_OUTCOMES = ('bounced', 'returned', 'delayed', 'auto_replied')
INBOUND_KINDS = ('report', 'auto_reply', 'answer', 'unfiled')


def upgrade() -> None:
    op.add_column('ministries', sa.Column('bounces', sa.SmallInteger(), nullable=False, server_default='0'))
    op.add_column('ministries', sa.Column('bounced_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('ministries', sa.Column('digest', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column('ministries', sa.Column('digest_until', sa.DateTime(timezone=True), nullable=True))
    op.add_column('ministries', sa.Column('digest_offered_on', sa.Date(), nullable=True))
    op.add_column('letters', sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('attempts', sa.Column('digest_id', sa.Uuid(), nullable=True))
    op.create_index('ix_attempts_digest_id', 'attempts', ['digest_id'])
    set_choices('attempts', 'outcome', OUTCOMES + MORE_OUTCOMES)
    set_choices('mails', 'kind', KINDS + MORE_KINDS)
    drop_checks('mails', 'ck_mails_about_one')
    add_checks('mails', {'ck_mails_about_one': 'signature_id IS NULL OR government IS NULL'})
    op.create_table('inbound',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('sha256', sa.LargeBinary(length=32), nullable=False),
    sa.Column('kind', sa.Enum(*INBOUND_KINDS, name='kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('letter_id', sa.Uuid(), nullable=True),
    sa.Column('mail_id', sa.Uuid(), nullable=True),
    sa.Column('sealed', sa.LargeBinary(), nullable=True),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['letter_id'], ['letters.id'], name=op.f('fk_inbound_letter_id_letters')),
    sa.ForeignKeyConstraint(['mail_id'], ['mails.id'], name=op.f('fk_inbound_mail_id_mails')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_inbound')),
    sa.UniqueConstraint('sha256', name='uq_inbound_sha256')
    )
    op.create_index('ix_inbound_letter_id', 'inbound', ['letter_id'])
    op.create_index('ix_inbound_mail_id', 'inbound', ['mail_id'])


def downgrade() -> None:
    op.drop_table('inbound')
    _delete('attempts', 'outcome', MORE_OUTCOMES)
    op.execute(
        sa.text('DELETE FROM attempts WHERE mail_id IN (SELECT id FROM mails WHERE kind IN :kinds)')
        .bindparams(sa.bindparam('kinds', MORE_KINDS, expanding=True))
    )
    _delete('mails', 'kind', MORE_KINDS)
    drop_checks('mails', 'ck_mails_about_one')
    add_checks('mails', {'ck_mails_about_one': '(signature_id IS NULL) <> (government IS NULL)'})
    set_choices('mails', 'kind', KINDS)
    set_choices('attempts', 'outcome', OUTCOMES)
    op.drop_index('ix_attempts_digest_id', 'attempts')
    op.drop_column('attempts', 'digest_id')
    op.drop_column('letters', 'answered_at')
    for column in ('digest_offered_on', 'digest_until', 'digest', 'bounced_at', 'bounces'):
        op.drop_column('ministries', column)


def _delete(table: str, column: str, values: tuple[str, ...]) -> None:
    statement = sa.text(f'DELETE FROM {table} WHERE {column} IN :values')
    op.execute(statement.bindparams(sa.bindparam('values', values, expanding=True)))
