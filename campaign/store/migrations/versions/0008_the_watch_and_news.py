"""The watch over the workers, and news mails"""

from alembic import op
import sqlalchemy as sa

from campaign.store.migrations.checks import add_checks, drop_checks, set_choices

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

KINDS = (
    'confirmation', 'already_signed', 'reminder', 'fresh_link', 'letter_copy', 'ministry_paused',
    'answer', 'ministry_objected', 'long_queue', 'digest_asked', 'objection_asked', 'unfiled',
    'contact_reported',
)
STATES = ('draft', 'sending', 'stopped', 'done')
SAYS_WHICH = {'ck_mails_news_says_which': "(kind = 'news') = (news_id IS NOT NULL)"}
REFERS = 'CONSTRAINT fk_mails_news_id_news REFERENCES news (id)'


def upgrade() -> None:
    op.create_table('workers',
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('transport', sa.String(length=24), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('stopped_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_workers'))
    )
    op.create_table('watch',
    sa.Column('id', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('unsettled', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_watch'))
    )
    op.create_table('news',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('texts', sa.JSON(), nullable=False),
    sa.Column('created_by', sa.String(length=120), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.Enum(*STATES, name='state', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('queued', sa.Integer(), nullable=False),
    sa.Column('last_id', sa.Uuid(), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_news_campaign_id_campaigns')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_news'))
    )
    op.create_index('ix_news_sending', 'news', ['started_at'], sqlite_where=sa.text("state = 'sending'"), postgresql_where=sa.text("state = 'sending'"))
    # In SQL, because SQLite takes a reference only together with its column.
    kind = 'CHAR(32)' if op.get_bind().dialect.name == 'sqlite' else 'UUID'
    op.execute(f'ALTER TABLE mails ADD COLUMN news_id {kind} {REFERS}')
    op.create_index('uq_mails_news', 'mails', ['news_id', 'signature_id'], unique=True, sqlite_where=sa.text('news_id IS NOT NULL'), postgresql_where=sa.text('news_id IS NOT NULL'))
    set_choices('mails', 'kind', (*KINDS, 'news'))
    add_checks('mails', SAYS_WHICH)


def downgrade() -> None:
    op.execute("DELETE FROM attempts WHERE mail_id IN (SELECT id FROM mails WHERE kind = 'news')")
    op.execute("DELETE FROM mails WHERE kind = 'news'")
    drop_checks('mails', *SAYS_WHICH)
    set_choices('mails', 'kind', KINDS)
    op.drop_index('uq_mails_news', 'mails')
    op.drop_column('mails', 'news_id')
    op.drop_table('news')
    op.drop_table('watch')
    op.drop_table('workers')
