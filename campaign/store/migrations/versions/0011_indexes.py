"""Keyed hashes of people are found by hash indexes, half as large; letters by when they are due"""

from alembic import op
import sqlalchemy as sa

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

HASHES = ('identity_hash', 'email_hash', 'name_hash')


QUEUED = sa.text("state = 'queued'")


def upgrade() -> None:
    op.create_index('ix_letters_due', 'letters', ['due_at', 'id'], sqlite_where=QUEUED, postgresql_where=QUEUED)
    replace_with('hash')


def downgrade() -> None:
    replace_with('btree')
    op.drop_index('ix_letters_due', table_name='letters')


def replace_with(kind: str) -> None:
    if op.get_bind().dialect.name != 'postgresql':
        return
    # Built before the old ones go: until then whoever only reads need not wait.
    for column in HASHES:
        op.execute(f'CREATE INDEX new_{column} ON signatures USING {kind} ({column})')
    for column in HASHES:
        op.execute(f'DROP INDEX ix_signatures_{column}')
        op.execute(f'ALTER INDEX new_{column} RENAME TO ix_signatures_{column}')
