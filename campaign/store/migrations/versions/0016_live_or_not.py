"""Attempts and signatures say whether the site was live; when a trial's signatures were kept"""

from alembic import op
import sqlalchemy as sa

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None

# Until now one transport was live, and only its other side was the recipient.
OF_ATTEMPTS = ('live', 'reaches_recipient')

# By the first try of the mail that asked for confirmation; what nobody handed over has no transport.
SIGNED_IN_TRIAL = """
UPDATE signatures SET signed_live = false WHERE id IN (
    SELECT mails.signature_id
    FROM mails
    JOIN (
        SELECT mail_id, min(id) AS first FROM attempts
        WHERE mail_id IS NOT NULL AND transport <> '' GROUP BY mail_id
    ) AS tried ON tried.mail_id = mails.id
    JOIN attempts ON attempts.id = tried.first
    WHERE mails.kind = 'confirmation' AND attempts.transport <> 'smtp'
)
"""


def upgrade() -> None:
    # What processes of the version before write until they are replaced is most likely of the
    # same kind as what stands there.
    live = was_live()
    for name in OF_ATTEMPTS:
        op.add_column('attempts', flag(name, live))
    if live:
        op.execute("UPDATE attempts SET live = false, reaches_recipient = false WHERE transport <> 'smtp'")
    op.add_column('signatures', flag('signed_live', True))
    op.execute(SIGNED_IN_TRIAL)
    op.create_index('ix_signatures_trial', 'signatures', ['campaign_id', 'id'], sqlite_where=sa.text('signed_live = 0'), postgresql_where=sa.text('NOT signed_live'))
    op.add_column('campaigns', sa.Column('trial_kept_at', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column('campaigns', 'trial_kept_at')
    op.drop_index('ix_signatures_trial', table_name='signatures')
    op.drop_column('signatures', 'signed_live')
    for name in reversed(OF_ATTEMPTS):
        op.drop_column('attempts', name)


def was_live() -> bool:
    asked = sa.text("SELECT EXISTS (SELECT 1 FROM attempts WHERE transport = 'smtp')")
    return bool(op.get_bind().execute(asked).scalar())


def flag(name: str, default: bool) -> 'sa.Column[bool]':
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.true() if default else sa.false())
