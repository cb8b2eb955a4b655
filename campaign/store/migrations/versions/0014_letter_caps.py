"""One letter of a person to a recipient within 30 days"""

from alembic import op
import sqlalchemy as sa

revision = '0014'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('letter_caps',
    sa.Column('hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.PrimaryKeyConstraint('hash', name=op.f('pk_letter_caps'))
    )
    op.create_index('ix_letter_caps_day', 'letter_caps', ['day'])


def downgrade() -> None:
    op.drop_table('letter_caps')
