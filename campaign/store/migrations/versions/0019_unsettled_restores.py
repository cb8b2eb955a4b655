"""A mark that a restore is not settled"""

from alembic import op
import sqlalchemy as sa

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A restore of a dump from before makes the table first, and marks it.
    op.create_table(
        'unsettled_restore',
        sa.Column('id', sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column('began_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('who', sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_unsettled_restore')),
        if_not_exists=True,
    )


def downgrade() -> None:
    op.drop_table('unsettled_restore')
