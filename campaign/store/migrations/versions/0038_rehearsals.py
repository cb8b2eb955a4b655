"""Rehearsals: campaigns that nobody counts, of a draft under a secret address"""

from alembic import op
import sqlalchemy as sa

revision = '0038'
down_revision = '0037'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('campaigns', sa.Column('rehearses_id', sa.Integer(), nullable=True))
    op.add_column('campaigns', sa.Column('rehearsal_ends_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('campaigns', sa.Column('rehearsed_version', sa.Integer(), nullable=True))
    op.add_column('campaigns', sa.Column('letter_read_version', sa.Integer(), nullable=True))
    op.add_column('campaigns', sa.Column('letter_read_by', sa.String(length=120), server_default='', nullable=False))


def downgrade() -> None:
    # The version before would list them: without a current revision they are drafts.
    op.execute('UPDATE revisions SET current = false WHERE campaign_id IN (SELECT id FROM campaigns WHERE rehearses_id IS NOT NULL)')
    op.drop_column('campaigns', 'letter_read_by')
    op.drop_column('campaigns', 'letter_read_version')
    op.drop_column('campaigns', 'rehearsed_version')
    op.drop_column('campaigns', 'rehearsal_ends_at')
    op.drop_column('campaigns', 'rehearses_id')
