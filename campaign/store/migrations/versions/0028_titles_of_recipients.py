"""The title of whoever heads a recipient, by language"""

from alembic import op
import sqlalchemy as sa

revision = '0028'
down_revision = '0027'
branch_labels = None
depends_on = None

# Processes of the version before cannot read the campaigns that this one publishes.
STOP_FIRST = True


def upgrade() -> None:
    op.add_column('recipients', sa.Column('titles', sa.JSON(), nullable=False, server_default='{}'))


def downgrade() -> None:
    op.drop_column('recipients', 'titles')
