"""Publications that wait for a second person"""

from alembic import op
import sqlalchemy as sa

revision = '0037'
down_revision = '0036'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('scheduled_publications', sa.Column('needs_approval', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('scheduled_publications', sa.Column('stated_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('scheduled_publications', sa.Column('failed_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('scheduled_publications', sa.Column('approved_by', sa.String(length=120), server_default='', nullable=False))


def downgrade() -> None:
    # The version before would publish what nobody has approved.
    op.execute("DELETE FROM scheduled_publications WHERE needs_approval AND approved_by = ''")
    op.drop_column('scheduled_publications', 'approved_by')
    op.drop_column('scheduled_publications', 'failed_at')
    op.drop_column('scheduled_publications', 'stated_at')
    op.drop_column('scheduled_publications', 'needs_approval')
