"""The keyed hash of a submission that came from a page that everybody shares"""

from alembic import op
import sqlalchemy as sa

revision = '0029'
down_revision = '0028'
branch_labels = None
depends_on = None

# Processes of the version before cannot read the campaigns that this one publishes.
STOP_FIRST = True

INDEX = 'uq_signatures_submission_hash'
FROM_SHARED_PAGE = sa.text('submission_hash IS NOT NULL')


def upgrade() -> None:
    op.add_column('signatures', sa.Column('submission_hash', sa.LargeBinary(length=32), nullable=True))
    op.create_index(
        INDEX, 'signatures', ['submission_hash'], unique=True,
        sqlite_where=FROM_SHARED_PAGE, postgresql_where=FROM_SHARED_PAGE,
    )


def downgrade() -> None:
    op.drop_index(INDEX, table_name='signatures')
    op.drop_column('signatures', 'submission_hash')
