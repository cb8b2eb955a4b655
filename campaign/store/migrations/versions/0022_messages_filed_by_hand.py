"""What fits no letter is filed under a campaign or a daily mail by hand"""

from alembic import op
import sqlalchemy as sa

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None

UNFILED = "kind = 'unfiled'"
OF_CAMPAIGN = 'campaign_id IS NOT NULL'


def upgrade() -> None:
    op.execute("""
        ALTER TABLE inbound ADD COLUMN campaign_id INTEGER
        CONSTRAINT fk_inbound_campaign_id_campaigns REFERENCES campaigns (id)
    """)
    op.add_column('inbound', sa.Column('digest_id', sa.Uuid(), nullable=True))
    put_bytes_last()
    index('ix_inbound_unfiled', ['id'], UNFILED)
    index('ix_inbound_campaign', ['campaign_id', 'id'], OF_CAMPAIGN)


def downgrade() -> None:
    op.drop_index('ix_inbound_campaign', table_name='inbound')
    op.drop_index('ix_inbound_unfiled', table_name='inbound')
    # They fit no letter, as before a person filed them.
    op.execute("UPDATE inbound SET kind = 'unfiled' WHERE kind = 'answer' AND letter_id IS NULL")
    # What was shown of them was not kept then.
    op.execute("UPDATE inbound SET shown = NULL WHERE kind = 'unfiled'")
    op.drop_column('inbound', 'digest_id')
    op.drop_column('inbound', 'campaign_id')


def index(name: str, columns: list[str], where: str) -> None:
    op.create_index(name, 'inbound', columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def put_bytes_last() -> None:
    """Let nothing stand behind a row's megabytes: SQLite goes through all of them to reach it."""
    if op.get_bind().dialect.name == 'sqlite':
        op.execute('ALTER TABLE inbound ADD COLUMN message BLOB')
        op.execute('UPDATE inbound SET message = sealed')
        op.execute('ALTER TABLE inbound DROP COLUMN sealed')
        op.execute('ALTER TABLE inbound RENAME COLUMN message TO sealed')
