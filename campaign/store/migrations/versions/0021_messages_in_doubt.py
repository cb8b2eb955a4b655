"""A person says whether a message in doubt is an answer; answers are read anew"""

from alembic import op
import sqlalchemy as sa

from campaign.store.migrations.checks import add_checks, drop_checks, set_choices

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None

BEFORE = ('report', 'auto_reply', 'answer', 'unfiled')
DOUBTFUL = "kind = 'doubtful'"


def upgrade() -> None:
    op.add_column('inbound', sa.Column('doubt', sa.String(length=24), nullable=True))
    put_bytes_last()
    set_choices('inbound', 'kind', (*BEFORE, 'doubtful', 'no_answer'))
    add_checks('inbound', {'ck_inbound_doubt': "doubt IN ('other_domain', 'sealed')"})
    op.create_index('ix_inbound_doubtful', 'inbound', ['letter_id'], sqlite_where=sa.text(DOUBTFUL), postgresql_where=sa.text(DOUBTFUL))
    # HTML is read otherwise now. The bytes are sealed; the next start has the keys.
    op.execute("UPDATE inbound SET shown = NULL WHERE kind = 'answer' AND sealed IS NOT NULL")


def downgrade() -> None:
    op.drop_index('ix_inbound_doubtful', table_name='inbound')
    # They stay under their letter, count as nothing, and are read in a mail program.
    op.execute("UPDATE inbound SET kind = 'unfiled', shown = NULL WHERE kind IN ('doubtful', 'no_answer')")
    drop_checks('inbound', 'ck_inbound_doubt')
    set_choices('inbound', 'kind', BEFORE)
    op.drop_column('inbound', 'doubt')


def put_bytes_last() -> None:
    """Let nothing stand behind a row's megabytes: SQLite goes through all of them to reach it."""
    if op.get_bind().dialect.name == 'sqlite':
        op.execute('ALTER TABLE inbound ADD COLUMN message BLOB')
        op.execute('UPDATE inbound SET message = sealed')
        op.execute('ALTER TABLE inbound DROP COLUMN sealed')
        op.execute('ALTER TABLE inbound RENAME COLUMN message TO sealed')
