"""Signatures found, and changed many at once"""

from alembic import op
import sqlalchemy as sa

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

CHANGED = sa.text('bulk_change_id IS NOT NULL')
HELD = sa.text('held')


def upgrade() -> None:
    op.create_table('bulk_changes',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('invalidate', 'release', name='kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('source', sa.String(length=32), nullable=True),
    sa.Column('created_from', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('domain_hash', sa.LargeBinary(length=32), nullable=True),
    sa.Column('domain', sa.LargeBinary(), nullable=True),
    sa.Column('government', sa.String(length=2), nullable=True),
    sa.Column('held_only', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('asked_by', sa.String(length=120), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.Enum('running', 'stopped', 'done', 'undoing', 'undone', name='state', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.Column('undone', sa.Integer(), nullable=False),
    sa.Column('skipped', sa.Integer(), nullable=False),
    sa.Column('last_id', sa.Uuid(), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('held_only OR source IS NOT NULL OR created_from IS NOT NULL OR created_until IS NOT NULL OR domain_hash IS NOT NULL OR government IS NOT NULL', name=op.f('ck_bulk_changes_says_which')),
    sa.CheckConstraint('(domain_hash IS NULL) = (domain IS NULL)', name=op.f('ck_bulk_changes_domain_can_be_shown')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_bulk_changes_campaign_id_campaigns')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bulk_changes'))
    )
    # In one statement, because SQLite adds no foreign key to a column that is there already.
    kind = 'CHAR(32)' if op.get_bind().dialect.name == 'sqlite' else 'UUID'
    op.execute(f"""
        ALTER TABLE signatures ADD COLUMN bulk_change_id {kind}
        CONSTRAINT fk_signatures_bulk_change_id_bulk_changes REFERENCES bulk_changes (id)
    """)
    op.create_index('ix_signatures_bulk_change', 'signatures', ['bulk_change_id', 'id'], sqlite_where=CHANGED, postgresql_where=CHANGED)
    op.create_index('ix_signatures_created', 'signatures', ['campaign_id', 'created_at', 'id'])
    op.create_index('ix_signatures_held', 'signatures', ['campaign_id', 'created_at', 'id'], sqlite_where=sa.text('held = 1'), postgresql_where=HELD)


def downgrade() -> None:
    for name in ('held', 'created', 'bulk_change'):
        op.drop_index(f'ix_signatures_{name}', table_name='signatures')
    op.drop_column('signatures', 'bulk_change_id')
    op.drop_table('bulk_changes')
