"""An address keeps the checks of two people, and says when a second one still has to check it"""

from alembic import op
import sqlalchemy as sa

from campaign.store.migrations.checks import add_checks, drop_checks, set_choices

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None

STATUSES = ('known', 'verified', 'wrong')
OF_A_PERSON = 'ck_addresses_first_checked_by_a_person'

# Whoever has checked it alone must do so again: the version before knows no such state.
FORGET_THE_CHECK = """
UPDATE addresses SET status = 'known', checked_on = NULL, checked_by = '', check_reason = ''
WHERE status = 'checked'
"""


def upgrade() -> None:
    op.add_column('addresses', sa.Column('first_checked_on', sa.Date(), nullable=True))
    op.add_column('addresses', sa.Column('first_checked_by', sa.String(length=120), server_default='', nullable=False))
    op.add_column('addresses', sa.Column('first_check_reason', sa.Text(), server_default='', nullable=False))
    set_choices('addresses', 'status', (*STATUSES, 'checked'))
    add_checks('addresses', {OF_A_PERSON: "first_checked_on IS NULL OR (first_checked_by <> '' AND first_check_reason <> '')"})


def downgrade() -> None:
    drop_checks('addresses', OF_A_PERSON)
    op.execute(FORGET_THE_CHECK)
    set_choices('addresses', 'status', STATUSES)
    for name in ('first_check_reason', 'first_checked_by', 'first_checked_on'):
        op.drop_column('addresses', name)
