"""What is shown of an answer is stored beside the message"""

from alembic import op
import sqlalchemy as sa

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Answers that are there are read at the next start: their bytes are sealed, and it has the keys.
    op.add_column('inbound', sa.Column('shown', sa.LargeBinary(), nullable=True))
    if op.get_bind().dialect.name == 'sqlite':
        # SQLite goes through all of a row's megabytes to reach what stands behind them.
        op.execute('ALTER TABLE inbound ADD COLUMN message BLOB')
        op.execute('UPDATE inbound SET message = sealed')
        op.execute('ALTER TABLE inbound DROP COLUMN sealed')
        op.execute('ALTER TABLE inbound RENAME COLUMN message TO sealed')


def downgrade() -> None:
    op.drop_column('inbound', 'shown')
