"""Large exports that the worker makes"""

from alembic import op
import sqlalchemy as sa

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('export_jobs',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('what', sa.Enum('signatures', 'pack', 'letters', name='what', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('format', sa.String(length=8), nullable=False),
    sa.Column('government', sa.String(length=2), nullable=False),
    sa.Column('parameters', sa.JSON(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('asked_by', sa.String(length=120), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'building', 'ready', 'failed', 'cancelled', 'expired', name='state', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('printed', sa.JSON(), nullable=False),
    sa.Column('file', sa.String(length=60), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('fault', sa.String(length=200), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease_holder', sa.String(length=64), nullable=True),
    sa.CheckConstraint("(state = 'building') = (lease_until IS NOT NULL)", name=op.f('ck_export_jobs_building_leased')),
    sa.CheckConstraint("state <> 'ready' OR sha256 <> ''", name=op.f('ck_export_jobs_ready_has_a_file')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_export_jobs_campaign_id_campaigns')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_export_jobs'))
    )


def downgrade() -> None:
    op.drop_table('export_jobs')
