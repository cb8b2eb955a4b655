"""Signatures found, and changed many at once"""

from alembic import op
import sqlalchemy as sa

revision = '0006'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('ix_signatures_created', 'signatures', ['campaign_id', 'created_at', 'id'])
    op.create_index('ix_signatures_held', 'signatures', ['campaign_id', 'id'], sqlite_where=sa.text('held'), postgresql_where=sa.text('held'))


def downgrade() -> None:
    op.drop_index('ix_signatures_held', table_name='signatures')
    op.drop_index('ix_signatures_created', table_name='signatures')
