"""Mails of held submissions wait apart from others, their letters lie sealed with them

Signatures that are held already keep their letters' rows: to seal one elsewhere takes a key. Going
back drops the mails that wait, and loses the letters that are sealed with held signatures.
"""

from alembic import op
import sqlalchemy as sa

from campaign.store.migrations.checks import add_checks, drop_checks, set_choices

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

STATES = ('queued', 'claimed', 'accepted', 'refused', 'dropped')
KINDS = ('invalidate', 'release')
QUEUED = "state = 'queued'"
CHECKS = {'ck_mails_waits_for_a_release': "state <> 'waiting' OR held_with IS NOT NULL"}


def upgrade() -> None:
    op.add_column('signatures', sa.Column('held_letter', sa.LargeBinary(), nullable=True))
    set_choices('bulk_changes', 'kind', (*KINDS, 'drop'))
    # In one statement, because SQLite adds no foreign key to a column that is there already.
    kind = 'CHAR(32)' if op.get_bind().dialect.name == 'sqlite' else 'UUID'
    op.execute(f"""
        ALTER TABLE mails ADD COLUMN held_with {kind}
        CONSTRAINT fk_mails_held_with_signatures REFERENCES signatures (id)
    """)
    op.execute(f"""
        UPDATE mails SET held_with = signature_id
        WHERE {QUEUED} AND signature_id IN (SELECT id FROM signatures WHERE held)
    """)
    set_choices('mails', 'state', ('waiting', *STATES))
    add_checks('mails', CHECKS)
    op.drop_index('ix_mails_queued', table_name='mails')
    index('ix_mails_queued', 'due_at', f'{QUEUED} AND held_with IS NULL')
    index('ix_mails_queued_held', 'due_at', f'{QUEUED} AND held_with IS NOT NULL')
    index('ix_mails_held_with', 'held_with', 'held_with IS NOT NULL')


def downgrade() -> None:
    for name in ('held_with', 'queued_held', 'queued'):
        op.drop_index(f'ix_mails_{name}', table_name='mails')
    op.execute("UPDATE mails SET state = 'dropped' WHERE state = 'waiting'")
    drop_checks('mails', *CHECKS)
    set_choices('mails', 'state', STATES)
    op.drop_column('mails', 'held_with')
    index('ix_mails_queued', 'due_at', QUEUED)
    op.execute("DELETE FROM bulk_changes WHERE kind = 'drop'")
    set_choices('bulk_changes', 'kind', KINDS)
    op.drop_column('signatures', 'held_letter')


def index(name: str, column: str, where: str) -> None:
    op.create_index(name, 'mails', [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))
