"""Why a signature is held, campaigns under attack, and budgets of mail"""

from alembic import op
import sqlalchemy as sa

from campaign.store.migrations.checks import add_checks, drop_checks

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

WHY = "held_for IN ('organiser', 'flood', 'haste', 'trap', 'attack')"
CHECKS = {
    'ck_signatures_held_for': WHY,
    'ck_signatures_held_says_why': 'held = (held_for IS NOT NULL)',
}


def upgrade() -> None:
    op.create_table('mail_budgets',
    sa.Column('scope', sa.LargeBinary(length=32), nullable=False),
    sa.Column('hour', sa.DateTime(timezone=True), nullable=False),
    sa.Column('mails', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('scope', 'hour', name=op.f('pk_mail_budgets'))
    )
    op.add_column('campaigns', sa.Column('attacked_since', sa.DateTime(timezone=True), nullable=True))
    op.add_column('signatures', sa.Column('held_for', sa.String(length=24), nullable=True))
    op.execute("UPDATE signatures SET held_for = 'organiser' WHERE held")
    add_checks('signatures', CHECKS)
    op.add_column('bulk_changes', sa.Column('held_for', sa.String(length=24), nullable=True))
    add_checks('bulk_changes', {'ck_bulk_changes_held_for': WHY})


def downgrade() -> None:
    drop_checks('bulk_changes', 'ck_bulk_changes_held_for')
    op.drop_column('bulk_changes', 'held_for')
    drop_checks('signatures', *CHECKS)
    op.drop_column('signatures', 'held_for')
    op.drop_column('campaigns', 'attacked_since')
    op.drop_table('mail_budgets')
