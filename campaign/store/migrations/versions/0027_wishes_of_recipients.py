"""What a recipient's staff wishes: a mail a week, a pause of some days, another address; and shared return paths"""

from alembic import op
import sqlalchemy as sa

revision = '0027'
down_revision = '0026'
branch_labels = None
depends_on = None

COLUMNS = ('weekly', 'paused_until', 'shares_return_path', 'return_path_id', 'return_path_on')


def upgrade() -> None:
    for name in ('weekly', 'shares_return_path'):
        op.add_column('recipients', sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    for name in ('paused_until', 'return_path_on'):
        op.add_column('recipients', sa.Column(name, sa.Date(), nullable=True))
    op.add_column('recipients', sa.Column('return_path_id', sa.Uuid(), nullable=True))
    op.create_table('recipient_wishes',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('recipient', sa.String(length=40), nullable=False),
    sa.Column('wish', sa.String(length=16), nullable=False),
    sa.Column('days', sa.SmallInteger(), nullable=True),
    sa.Column('sealed', sa.LargeBinary(), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('applied_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['recipient'], ['recipients.key'], name=op.f('fk_recipient_wishes_recipient_recipients')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recipient_wishes'))
    )


def downgrade() -> None:
    op.drop_table('recipient_wishes')
    for name in COLUMNS:
        op.drop_column('recipients', name)
