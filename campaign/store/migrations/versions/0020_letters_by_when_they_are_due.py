"""The index of letters by when they are due, where it is missing"""

from alembic import op
import sqlalchemy as sa

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None

QUEUED = sa.text("state = 'queued'")


def upgrade() -> None:
    """Make what 0011 makes today: it was changed after it had landed, so some databases lack it."""
    op.create_index(
        'ix_letters_due', 'letters', ['due_at', 'id'],
        sqlite_where=QUEUED, postgresql_where=QUEUED, if_not_exists=True,
    )


def downgrade() -> None:
    """Leave it: it belongs to 0011, which takes it out."""
