"""One letter of a person to a recipient within 30 days; which address a letter went to"""

from alembic import op
import sqlalchemy as sa

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

# What a person has checked stays in the list, and live nothing left for anywhere else.
CHECKED = """
    FROM addresses JOIN letters ON letters.government = addresses.government
    WHERE letters.id = attempts.letter_id AND channel = 'email' AND status <> 'known'
"""


def upgrade() -> None:
    op.create_table('letter_caps',
    sa.Column('hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.PrimaryKeyConstraint('hash', name=op.f('pk_letter_caps'))
    )
    op.create_index('ix_letter_caps_day', 'letter_caps', ['day'])
    op.add_column('attempts', sa.Column('sent_to', sa.Text(), nullable=True))
    op.execute(f"""
        UPDATE attempts SET sent_to = (SELECT min(value) {CHECKED})
        WHERE outcome = 'started' AND transport = 'smtp' AND letter_id IS NOT NULL
            AND (SELECT count(*) {CHECKED}) = 1
    """)


def downgrade() -> None:
    op.drop_column('attempts', 'sent_to')
    op.drop_table('letter_caps')
