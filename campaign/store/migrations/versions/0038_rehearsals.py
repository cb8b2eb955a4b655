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
    with op.batch_alter_table('campaigns') as batch:
        batch.drop_column('letter_read_by')
        batch.drop_column('letter_read_version')
        batch.drop_column('rehearsed_version')
        batch.drop_column('rehearsal_ends_at')
        batch.drop_column('rehearses_id')
