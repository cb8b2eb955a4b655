"""How often letters were shown, by day and source"""

from alembic import op
import sqlalchemy as sa

revision = '0030'
down_revision = '0029'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('preview_counts',
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('source', sa.String(length=32), nullable=False),
    sa.Column('shard', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('previews', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_preview_counts_campaign_id_campaigns')),
    sa.PrimaryKeyConstraint('campaign_id', 'day', 'source', 'shard', name=op.f('pk_preview_counts'))
    )


def downgrade() -> None:
    op.drop_table('preview_counts')
