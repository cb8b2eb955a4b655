"""Each attempt says whether it was live and reached the recipient"""

from alembic import op
import sqlalchemy as sa

revision = '0017'
down_revision = '0011'
branch_labels = None
depends_on = None

# Until now one transport was live, and only its other side was the recipient.
OF_ATTEMPTS = ('live', 'reaches_recipient')


def upgrade() -> None:
    # What processes of the version before write until they are replaced is most likely of the
    # same kind as what stands there.
    live = was_live()
    for name in OF_ATTEMPTS:
        op.add_column('attempts', flag(name, live))
    if live:
        op.execute("UPDATE attempts SET live = false, reaches_recipient = false WHERE transport <> 'smtp'")


def downgrade() -> None:
    for name in reversed(OF_ATTEMPTS):
        op.drop_column('attempts', name)


def was_live() -> bool:
    asked = sa.text("SELECT EXISTS (SELECT 1 FROM attempts WHERE transport = 'smtp')")
    return bool(op.get_bind().execute(asked).scalar())


def flag(name: str, default: bool) -> 'sa.Column[bool]':
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.true() if default else sa.false())
