"""What the last check of the sender's records in the DNS found"""

from alembic import op
import sqlalchemy as sa

revision = '0036'
down_revision = '0035'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('sender_checks',
    sa.Column('domain', sa.String(length=253), nullable=False),
    sa.Column('checked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('findings', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('domain', name=op.f('pk_sender_checks')),
    )


def downgrade() -> None:
    op.drop_table('sender_checks')
