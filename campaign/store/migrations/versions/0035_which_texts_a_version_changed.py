"""Which texts each version of a campaign's bundle changed"""

from alembic import op
import sqlalchemy as sa

revision = '0035'
down_revision = '0034'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('bundle_versions', sa.Column('changed', sa.JSON(), server_default='{}', nullable=False))


def downgrade() -> None:
    op.drop_column('bundle_versions', 'changed')
