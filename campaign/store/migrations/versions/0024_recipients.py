"""Recipients: any office of a government, with its names, instead of one ministry for each

Processes of the version before do not know these tables: they have to be stopped first.

Going back, offices other than foreign ministries are removed with their addresses and what
supporters reported about them. While there are letters to one, or mails about one, going back is
refused.
"""

from alembic import op
import sqlalchemy as sa

from campaign.errors import NoLongerPossible
from campaign.store.migrations.checks import rebuild

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None
STOP_FIRST = True

OFFICE = '/foreign-affairs'
KEYED_BY_GOVERNMENT = ('addresses', 'contact_reports', 'sentences')
REFERRING = ('letters', 'outgoing')
CHECKS = ('opens_before_it_closes', 'a_pause_has_a_reason')
REPORTS = ('ix_contact_reports_open', 'contact_reports')
SENTENCES = ('ix_sentences_{}_hash', 'sentences')
OPEN = sa.text('settled_at IS NULL')


def upgrade() -> None:
    drop_indexes('government')
    if is_sqlite():
        upgrade_sqlite()
    else:
        upgrade_postgresql()
    make_indexes('recipient')
    for name, kind, empty in (('names', sa.JSON(), '{}'), ('letter_languages', sa.JSON(), '[]'), ('website', sa.Text(), '')):
        op.add_column('recipients', sa.Column(name, kind, nullable=False, server_default=empty))


def downgrade() -> None:
    refuse_to_lose_letters()
    for name in ('website', 'letter_languages', 'names'):
        op.drop_column('recipients', name)
    for table, column in (('contact_reports', 'recipient'), ('addresses', 'recipient'), ('recipients', 'key')):
        op.execute(f"DELETE FROM {table} WHERE {column} NOT LIKE '%{OFFICE}'")
    drop_indexes('recipient')
    if is_sqlite():
        downgrade_sqlite()
    else:
        downgrade_postgresql()
    make_indexes('government')


def refuse_to_lose_letters() -> None:
    for table in REFERRING:
        there = op.get_bind().scalar(sa.text(f"SELECT count(*) FROM {table} WHERE recipient NOT LIKE '%{OFFICE}'"))
        if there:
            raise NoLongerPossible(f'{there} {table} are for offices that the version before does not know')


def upgrade_postgresql() -> None:
    for table in KEYED_BY_GOVERNMENT:
        op.execute(f'ALTER TABLE {table} DROP CONSTRAINT IF EXISTS fk_{table}_government_ministries')
        op.execute(f'ALTER TABLE {table} RENAME COLUMN government TO recipient')
        op.execute(f"ALTER TABLE {table} ALTER COLUMN recipient TYPE VARCHAR(40) USING recipient || '{OFFICE}'")
    for table in REFERRING:
        op.execute(f'ALTER TABLE {table} DROP CONSTRAINT fk_{table}_recipient_ministries')
    op.execute('ALTER TABLE ministries DROP CONSTRAINT pk_ministries')
    op.execute('ALTER TABLE ministries DROP CONSTRAINT uq_ministries_recipient')
    op.execute('ALTER TABLE ministries DROP COLUMN government')
    op.execute('ALTER TABLE ministries RENAME COLUMN recipient TO key')
    op.execute('ALTER TABLE ministries RENAME TO recipients')
    op.execute('ALTER TABLE recipients ADD CONSTRAINT pk_recipients PRIMARY KEY (key)')
    for name in CHECKS:
        op.execute(f'ALTER TABLE recipients RENAME CONSTRAINT ck_ministries_{name} TO ck_recipients_{name}')
    for table in ('addresses', 'contact_reports', *REFERRING):
        op.create_foreign_key(f'fk_{table}_recipient_recipients', table, 'recipients', ['recipient'], ['key'])


def downgrade_postgresql() -> None:
    for table in ('addresses', 'contact_reports', *REFERRING):
        op.execute(f'ALTER TABLE {table} DROP CONSTRAINT fk_{table}_recipient_recipients')
    for name in CHECKS:
        op.execute(f'ALTER TABLE recipients RENAME CONSTRAINT ck_recipients_{name} TO ck_ministries_{name}')
    op.execute('ALTER TABLE recipients DROP CONSTRAINT pk_recipients')
    op.execute('ALTER TABLE recipients RENAME TO ministries')
    op.execute('ALTER TABLE ministries RENAME COLUMN key TO recipient')
    op.execute('ALTER TABLE ministries ADD COLUMN government VARCHAR(2)')
    op.execute('UPDATE ministries SET government = left(recipient, 2)')
    op.execute('ALTER TABLE ministries ADD CONSTRAINT pk_ministries PRIMARY KEY (government)')
    op.execute('ALTER TABLE ministries ADD CONSTRAINT uq_ministries_recipient UNIQUE (recipient)')
    for table in KEYED_BY_GOVERNMENT:
        op.execute(f'ALTER TABLE {table} ALTER COLUMN recipient TYPE VARCHAR(2) USING left(recipient, 2)')
        op.execute(f'ALTER TABLE {table} RENAME COLUMN recipient TO government')
    for table in ('addresses', 'contact_reports'):
        op.create_foreign_key(f'fk_{table}_government_ministries', table, 'ministries', ['government'], ['government'])
    for table in REFERRING:
        op.create_foreign_key(f'fk_{table}_recipient_ministries', table, 'ministries', ['recipient'], ['recipient'])


def upgrade_sqlite() -> None:
    """Make the small tables anew; what refers to `ministries` follows its renaming."""
    for table in KEYED_BY_GOVERNMENT:
        rebuild(table, lambda made: made.replace('REFERENCES ministries (government)', 'REFERENCES recipients ("key")')
                .replace('government_ministries', 'recipient_recipients').replace('government', 'recipient')
                .replace('recipient VARCHAR(2)', 'recipient VARCHAR(40)'))
        op.execute(f"UPDATE {table} SET recipient = recipient || '{OFFICE}'")
    rebuild('ministries', lambda made: made.replace('ck_ministries_', 'ck_recipients_')
            .replace('CONSTRAINT pk_ministries PRIMARY KEY (government)', 'CONSTRAINT pk_recipients PRIMARY KEY (recipient)')
            .replace(UNIQUE, '').replace('government VARCHAR(2) NOT NULL', 'government VARCHAR(2)'))
    op.execute('ALTER TABLE ministries DROP COLUMN government')
    op.execute('ALTER TABLE ministries RENAME COLUMN recipient TO "key"')
    op.rename_table('ministries', 'recipients')


def downgrade_sqlite() -> None:
    for table in KEYED_BY_GOVERNMENT:
        op.execute(f'UPDATE {table} SET recipient = substr(recipient, 1, 2)')
        rebuild(table, lambda made: made.replace('recipient VARCHAR(40)', 'government VARCHAR(2)')
                .replace('recipient_recipients', 'government_ministries')
                .replace('(recipient', '(government').replace('REFERENCES recipients ("key")', 'REFERENCES ministries (government)'))
    op.rename_table('recipients', 'ministries')
    op.execute('ALTER TABLE ministries RENAME COLUMN "key" TO recipient')
    op.execute("ALTER TABLE ministries ADD COLUMN government VARCHAR(2) NOT NULL DEFAULT ''")
    op.execute('UPDATE ministries SET government = substr(recipient, 1, 2)')
    rebuild('ministries', lambda made: f"{made[:made.rindex(')')].rstrip()}{UNIQUE})"
            .replace('ck_recipients_', 'ck_ministries_').replace(" DEFAULT ''", '')
            .replace('CONSTRAINT pk_recipients PRIMARY KEY ("recipient")', 'CONSTRAINT pk_ministries PRIMARY KEY (government)'))


UNIQUE = ',\n\tCONSTRAINT uq_ministries_recipient UNIQUE (recipient)'


def drop_indexes(column: str) -> None:
    op.drop_index('ix_contact_reports_open', table_name='contact_reports')
    op.drop_index(f'ix_sentences_{column}_hash', table_name='sentences')


def make_indexes(column: str) -> None:
    op.create_index('ix_contact_reports_open', 'contact_reports', [column], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index(f'ix_sentences_{column}_hash', 'sentences', [column, 'hash'])


def is_sqlite() -> bool:
    return op.get_bind().dialect.name == 'sqlite'
