"""Organisers and their sessions, and what the console's first page looks up"""

from alembic import op
import sqlalchemy as sa

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

SHOWN = "state = 'confirmed' AND show_name AND NOT held"
# In the very words in which a query asks: SQLite uses a partial index only then.
SHOWN_SQLITE = "state = 'confirmed' AND show_name = 1 AND held = 0"


def upgrade() -> None:
    _shown_on_sqlite(SHOWN_SQLITE)
    op.create_table('organisers',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('email_hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('role', sa.Enum('owner', 'editor', 'viewer', name='role', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('made_up', sa.Boolean(), nullable=False),
    sa.Column('password_hash', sa.Text(), nullable=True),
    sa.Column('totp', sa.LargeBinary(), nullable=True),
    sa.Column('next_totp', sa.LargeBinary(), nullable=True),
    sa.Column('totp_step', sa.BigInteger(), nullable=False),
    sa.Column('invite_hash', sa.LargeBinary(length=32), nullable=True),
    sa.Column('invite_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('(invite_hash IS NULL) = (invite_until IS NULL)', name=op.f('ck_organisers_an_invitation_ends')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organisers')),
    sa.UniqueConstraint('email_hash', name=op.f('uq_organisers_email_hash')),
    sa.UniqueConstraint('invite_hash', name=op.f('uq_organisers_invite_hash')),
    sa.UniqueConstraint('name', name=op.f('uq_organisers_name'))
    )
    op.create_table('recovery_codes',
    sa.Column('organiser_id', sa.Uuid(), nullable=False),
    sa.Column('hash', sa.LargeBinary(length=32), nullable=False),
    sa.ForeignKeyConstraint(['organiser_id'], ['organisers.id'], name=op.f('fk_recovery_codes_organiser_id_organisers')),
    sa.PrimaryKeyConstraint('organiser_id', 'hash', name=op.f('pk_recovery_codes'))
    )
    op.create_table('organiser_sessions',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organiser_id', sa.Uuid(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('device', sa.String(length=120), nullable=False),
    sa.Column('signed_in_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['organiser_id'], ['organisers.id'], name=op.f('fk_organiser_sessions_organiser_id_organisers')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organiser_sessions')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_organiser_sessions_token_hash'))
    )
    op.create_index('ix_organiser_sessions_organiser_id', 'organiser_sessions', ['organiser_id'])
    op.create_table('sign_in_tries',
    sa.Column('key', sa.LargeBinary(length=32), nullable=False),
    sa.Column('failures', sa.SmallInteger(), nullable=False),
    sa.Column('not_before', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_sign_in_tries'))
    )
    op.create_index('ix_signatures_state', 'signatures', ['campaign_id', 'state', 'held', 'confirmed_at'])
    op.create_index('ix_letters_answered', 'letters', ['government'], sqlite_where=sa.text('answered_at IS NOT NULL'), postgresql_where=sa.text('answered_at IS NOT NULL'))
    op.create_table('sent_forms',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sent_forms'))
    )


def downgrade() -> None:
    _shown_on_sqlite(SHOWN)
    op.drop_index('ix_letters_answered', 'letters')
    op.drop_index('ix_signatures_state', 'signatures')
    for table in ('sent_forms', 'sign_in_tries', 'organiser_sessions', 'recovery_codes', 'organisers'):
        op.drop_table(table)


def _shown_on_sqlite(where: str) -> None:
    if op.get_bind().dialect.name == 'sqlite':
        op.drop_index('ix_signatures_shown', 'signatures')
        op.create_index('ix_signatures_shown', 'signatures', ['campaign_id', 'confirmed_at', 'id'], sqlite_where=sa.text(where))
