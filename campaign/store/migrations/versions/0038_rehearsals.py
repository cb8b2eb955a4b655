"""Rehearsals: campaigns that nobody counts, of a draft under a secret address"""

from alembic import op
import sqlalchemy as sa

revision = '0038'
down_revision = '0037'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('campaigns', sa.Column('rehearses_id', sa.Integer(), nullable=True))
    op.add_column('campaigns', sa.Column('rehearsal_ends_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('campaigns', sa.Column('rehearsed_version', sa.Integer(), nullable=True))
    op.add_column('campaigns', sa.Column('letter_read_version', sa.Integer(), nullable=True))
    op.add_column('campaigns', sa.Column('letter_read_by', sa.String(length=120), server_default='', nullable=False))


REHEARSALS = '(SELECT id FROM campaigns WHERE rehearses_id IS NOT NULL)'
SIGNED = f'(SELECT id FROM signatures WHERE campaign_id IN {REHEARSALS})'
WRITTEN = f'(SELECT id FROM letters WHERE campaign_id IN {REHEARSALS})'
QUEUED = f'(SELECT id FROM outgoing WHERE signature_id IN {SIGNED} OR held_signature_id IN {SIGNED} OR id IN {WRITTEN})'


def downgrade() -> None:
    # The version before would list and count them: they are erased, as when they end.
    for statement in (
        f'DELETE FROM inbound WHERE letter_id IN {WRITTEN} OR campaign_id IN {REHEARSALS}',
        f'DELETE FROM attempts WHERE letter_id IN {WRITTEN} OR outgoing_id IN {QUEUED}',
        f'DELETE FROM sentences WHERE letter_id IN {WRITTEN}',
        f'DELETE FROM contact_reports WHERE signature_id IN {SIGNED}',
        f'UPDATE letters SET outgoing_id = NULL WHERE id IN {WRITTEN}',
        f'DELETE FROM outgoing WHERE signature_id IN {SIGNED} OR held_signature_id IN {SIGNED} OR id IN {WRITTEN}',
        f'DELETE FROM letters WHERE campaign_id IN {REHEARSALS}',
        f'DELETE FROM consents WHERE signature_id IN {SIGNED}',
        f'DELETE FROM events WHERE signature_id IN {SIGNED}',
        f'DELETE FROM counts WHERE campaign_id IN {REHEARSALS}',
        f'DELETE FROM preview_counts WHERE campaign_id IN {REHEARSALS}',
        f'DELETE FROM signatures WHERE campaign_id IN {REHEARSALS}',
        f'DELETE FROM revisions WHERE campaign_id IN {REHEARSALS}',
        'DELETE FROM campaigns WHERE rehearses_id IS NOT NULL',
    ):
        op.execute(statement)
    op.drop_column('campaigns', 'letter_read_by')
    op.drop_column('campaigns', 'letter_read_version')
    op.drop_column('campaigns', 'rehearsed_version')
    op.drop_column('campaigns', 'rehearsal_ends_at')
    op.drop_column('campaigns', 'rehearses_id')
