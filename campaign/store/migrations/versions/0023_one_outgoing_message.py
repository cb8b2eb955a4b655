"""One table of outgoing messages; letters with ids of their own, recipients, unchanging campaign ids

Processes of the version before do not know these tables: they have to be stopped first.

Mails keep their ids, and so do letters. A letter that was tried alone gets a message with the
letter's id, and each digest one with its own, so return paths and Message-IDs mean the same as
before.

Going back, letters that were written since take the ids of their signatures. Answers to them that
come in later fit no letter and have to be filed by hand, and the bytes that were handed over are
lost, which are sealed for the other id; the texts stay. A mail that bounced counts as refused.
"""

from typing import Any

from alembic import op
import sqlalchemy as sa

from campaign.store.migrations.checks import add_checks, drop_checks, rebuild

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None
STOP_FIRST = True

MAIL_KINDS = (
    'confirmation', 'already_signed', 'reminder', 'fresh_link', 'letter_copy', 'answer', 'ministry_paused',
    'ministry_objected', 'long_queue', 'digest_asked', 'objection_asked', 'unfiled', 'contact_reported', 'news',
    'erasure', 'retention',
)
MAIL_STATES = ('waiting', 'queued', 'claimed', 'accepted', 'refused', 'dropped')
LETTER_STATES = (
    'draft', 'waiting', 'queued', 'claimed', 'accepted', 'bounced', 'refused', 'uncertain', 'dropped',
    'self_reported', 'printed',
)
METHODS = ('we_send', 'own_mail', 'print')
REASONS = ('verified_address', 'release', 'pause')
DOUBTS = ('other_domain', 'sealed')
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.rename_table('stopped', 'suppressed_addresses')
    op.alter_column('consents', 'words', new_column_name='words_digest')
    op.alter_column('inbound', 'shown', new_column_name='content')
    drop_checks('inbound', 'ck_inbound_doubt')
    op.alter_column('inbound', 'doubt', new_column_name='review_reason')
    add_checks('inbound', {'ck_inbound_review_reason': one_of('review_reason', DOUBTS)})
    op.alter_column('ministries', 'written', new_column_name='sent_today')
    op.alter_column('ministries', 'written_on', new_column_name='sent_on')
    add_unique('ministries', 'recipient', 40, "government || '/foreign-affairs'")
    add_unique('campaigns', 'uid', 80, 'slug')
    make_outgoing()
    make_letters()
    make_attempts()


def downgrade() -> None:
    unmake_attempts()
    unmake_letters()
    unmake_outgoing()
    drop_unique('campaigns', 'uid')
    drop_unique('ministries', 'recipient')
    op.alter_column('ministries', 'sent_on', new_column_name='written_on')
    op.alter_column('ministries', 'sent_today', new_column_name='written')
    drop_checks('inbound', 'ck_inbound_review_reason')
    op.alter_column('inbound', 'review_reason', new_column_name='doubt')
    add_checks('inbound', {'ck_inbound_doubt': one_of('doubt', DOUBTS)})
    op.alter_column('inbound', 'content', new_column_name='shown')
    op.alter_column('consents', 'words_digest', new_column_name='words')
    op.rename_table('suppressed_addresses', 'stopped')


def make_outgoing() -> None:
    """Make `outgoing` of the mails, and of the letters and digests that were tried."""
    drop_indexes('mails', 'queued', 'queued_held', 'held_with', 'claimed', 'signature_id')
    op.drop_index('uq_mails_news', table_name='mails')
    op.rename_table('mails', 'outgoing')  # what refers to it follows
    remake(
        'outgoing',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('signature_id', sa.Uuid()),
        sa.Column('recipient', sa.String(40)),
        sa.Column('news_id', sa.Uuid()),
        sa.Column('held_signature_id', sa.Uuid()),
        sa.Column('kind', sa.String(24), nullable=False),
        sa.Column('policy', sa.String(24), nullable=False),
        sa.Column('language', sa.String(8), nullable=False),
        sa.Column('state', sa.String(24), nullable=False),
        sa.Column('lease_until', TIME),
        sa.Column('lease_holder', sa.String(64)),
        sa.Column('message_id', sa.String(200)),
        sa.Column('message', sa.LargeBinary()),
        sa.Column('accepted_at', TIME),
        *queue_columns(),
        reference('outgoing', 'signature_id', 'signatures', 'id'),
        reference('outgoing', 'recipient', 'ministries', 'recipient'),
        reference('outgoing', 'news_id', 'news', 'id'),
        reference('outgoing', 'held_signature_id', 'signatures', 'id'),
        choice('outgoing', 'kind', ('letter', 'digest', *MAIL_KINDS)),
        choice('outgoing', 'policy', ('at_most_once', 'at_least_once')),
        choice('outgoing', 'state', (*MAIL_STATES, 'bounced', 'uncertain')),
        check('outgoing', 'about_one', 'signature_id IS NULL OR recipient IS NULL'),
        check('outgoing', 'news_says_which', "(kind = 'news') = (news_id IS NOT NULL)"),
        check('outgoing', 'waits_for_a_release', "state <> 'waiting' OR held_signature_id IS NOT NULL"),
        check('outgoing', 'only_one_hand_over', "state <> 'uncertain' OR policy = 'at_most_once'"),
        copy="""
            SELECT id, signature_id, government || '/foreign-affairs', news_id, held_with, kind, 'at_least_once',
                language, state, lease_until, lease_holder, message_id, NULL, accepted_at,
                first_tried_at, queued_at, due_at, failures, changed_at
            FROM outgoing
        """,
        referred_to_by=(('attempts', 'mail_id'), ('inbound', 'mail_id')),
    )
    # A letter that was tried alone, or is claimed for the first time: its message has its id.
    started = "SELECT 1 FROM attempts WHERE letter_id = letters.id AND outcome = 'started'"
    for which in (f'EXISTS ({started} AND digest_id IS NULL)', f"state = 'claimed' AND NOT EXISTS ({started})"):
        op.execute(f"""
        INSERT INTO outgoing (
            id, recipient, kind, policy, language, state, lease_until, lease_holder, message_id, message,
            accepted_at, first_tried_at, queued_at, failures, changed_at
        )
        SELECT
            id, government || '/foreign-affairs', 'letter', 'at_most_once', language,
            CASE
                WHEN state IN ('claimed', 'accepted', 'bounced', 'refused', 'uncertain') THEN state
                WHEN state IN ('queued', 'waiting') THEN 'queued' ELSE 'dropped'
            END,
            CASE WHEN state IN ('claimed', 'uncertain') THEN lease_until END,
            CASE WHEN state IN ('claimed', 'uncertain') THEN lease_holder END,
            message_id, message, CASE WHEN state = 'accepted' THEN changed_at END,
            first_tried_at, queued_at, 0, changed_at
        FROM letters WHERE {which}
    """)
    # A letter that was sent again in a digest waits for nothing by itself.
    op.execute("""
        UPDATE outgoing SET state = 'dropped', lease_until = NULL, lease_holder = NULL, accepted_at = NULL
        WHERE kind = 'letter' AND state <> 'queued' AND (
            SELECT digest_id FROM attempts WHERE letter_id = outgoing.id AND outcome = 'started'
            ORDER BY attempts.id DESC LIMIT 1
        ) IS NOT NULL
    """)
    # A digest is what its letters' last attempts say of it.
    op.execute("""
        INSERT INTO outgoing (
            id, recipient, kind, policy, language, state, lease_until, lease_holder, message_id, accepted_at,
            first_tried_at, queued_at, failures, changed_at
        )
        SELECT
            digest_id, letters.government || '/foreign-affairs', 'digest', 'at_most_once', letters.language,
            CASE last.outcome
                WHEN 'accepted' THEN 'accepted' WHEN 'returned' THEN 'bounced'
                WHEN 'unknown' THEN CASE letters.state WHEN 'uncertain' THEN 'uncertain' ELSE 'dropped' END
                WHEN 'started' THEN CASE letters.state WHEN 'claimed' THEN 'claimed' ELSE 'dropped' END
                ELSE 'refused'
            END,
            CASE WHEN letters.state IN ('claimed', 'uncertain') THEN letters.lease_until END,
            CASE WHEN letters.state IN ('claimed', 'uncertain') THEN letters.lease_holder END,
            NULL, CASE last.outcome WHEN 'accepted' THEN last.at END, NULL, last.at, 0, last.at
        FROM attempts AS last JOIN letters ON letters.id = last.letter_id
        WHERE last.id IN (
            SELECT max(id) FROM attempts
            WHERE digest_id IS NOT NULL AND outcome NOT IN ('delayed', 'auto_replied') GROUP BY digest_id
        )
    """)
    index('ix_outgoing_queued', 'outgoing', ['due_at'], "state = 'queued' AND held_signature_id IS NULL")
    index('ix_outgoing_queued_held', 'outgoing', ['due_at'], "state = 'queued' AND held_signature_id IS NOT NULL")
    index('ix_outgoing_held_signature_id', 'outgoing', ['held_signature_id'], 'held_signature_id IS NOT NULL')
    index('ix_outgoing_claimed', 'outgoing', ['lease_until'], "state = 'claimed'")
    index('ix_outgoing_signature_id', 'outgoing', ['signature_id'])
    index('uq_outgoing_news', 'outgoing', ['news_id', 'signature_id'], 'news_id IS NOT NULL', unique=True)


def unmake_outgoing() -> None:
    drop_indexes('outgoing', 'queued', 'queued_held', 'held_signature_id', 'claimed', 'signature_id')
    op.drop_index('uq_outgoing_news', table_name='outgoing')
    op.execute("DELETE FROM outgoing WHERE kind IN ('letter', 'digest')")
    op.execute("UPDATE outgoing SET state = 'refused' WHERE state = 'bounced'")
    op.execute('''
        CREATE TEMPORARY TABLE refers AS SELECT id, news_id, held_signature_id FROM outgoing
        WHERE news_id IS NOT NULL OR held_signature_id IS NOT NULL
    ''')
    op.execute('CREATE UNIQUE INDEX ix_refers_id ON refers (id)' if not is_sqlite() else 'CREATE UNIQUE INDEX temp.ix_refers_id ON refers (id)')
    op.rename_table('outgoing', 'mails')
    remake(
        'mails',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('signature_id', sa.Uuid()),
        sa.Column('government', sa.String(2)),
        sa.Column('kind', sa.String(24), nullable=False),
        sa.Column('language', sa.String(8), nullable=False),
        sa.Column('state', sa.String(24), nullable=False),
        sa.Column('accepted_at', TIME),
        *queue_columns(),
        *lease_columns(),
        reference('mails', 'signature_id', 'signatures', 'id'),
        reference('mails', 'government', 'ministries', 'government'),
        choice('mails', 'kind', MAIL_KINDS),
        choice('mails', 'state', MAIL_STATES),
        check('mails', 'about_one', 'signature_id IS NULL OR government IS NULL'),
        copy="""
            SELECT id, signature_id, substr(recipient, 1, 2), kind, language, state,
                accepted_at, first_tried_at, queued_at, due_at, failures, changed_at,
                lease_until, lease_holder, message_id
            FROM mails
        """,
        referred_to_by=(('attempts', 'mail_id'), ('inbound', 'mail_id')),
    )
    # As 0008 and 0013 make them: SQLite drops no column whose foreign key stands elsewhere.
    for column, name, other in (('news_id', 'news_id', 'news'), ('held_with', 'held_signature_id', 'signatures')):
        op.execute(f"""
            ALTER TABLE mails ADD COLUMN {column} {'CHAR(32)' if is_sqlite() else 'UUID'}
            CONSTRAINT fk_mails_{column}_{other} REFERENCES {other} (id)
        """)
        op.execute(f"""
            UPDATE mails SET {column} = (SELECT {name} FROM refers WHERE refers.id = mails.id)
            WHERE id IN (SELECT id FROM refers)
        """)
    op.execute('DROP TABLE refers')
    add_checks('mails', {
        'ck_mails_news_says_which': "(kind = 'news') = (news_id IS NOT NULL)",
        'ck_mails_waits_for_a_release': "state <> 'waiting' OR held_with IS NOT NULL",
    })
    index('ix_mails_queued', 'mails', ['due_at'], "state = 'queued' AND held_with IS NULL")
    index('ix_mails_queued_held', 'mails', ['due_at'], "state = 'queued' AND held_with IS NOT NULL")
    index('ix_mails_held_with', 'mails', ['held_with'], 'held_with IS NOT NULL')
    index('ix_mails_claimed', 'mails', ['lease_until'], "state = 'claimed'")
    index('ix_mails_signature_id', 'mails', ['signature_id'])
    index('uq_mails_news', 'mails', ['news_id', 'signature_id'], 'news_id IS NOT NULL', unique=True)


def make_letters() -> None:
    drop_indexes('letters', 'queued', 'due', 'claimed', 'state_government', 'answered')
    remake(
        'letters',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('signature_id', sa.Uuid(), nullable=False),
        sa.Column('campaign_id', sa.Integer(), nullable=False),
        sa.Column('recipient', sa.String(40), nullable=False),
        sa.Column('outgoing_id', sa.Uuid()),
        sa.Column('language', sa.String(8), nullable=False),
        sa.Column('send_method', sa.String(24), nullable=False),
        sa.Column('state', sa.String(24), nullable=False),
        sa.Column('waiting_for', sa.String(24)),
        sa.Column('keys', sa.JSON(), nullable=False),
        sa.Column('edited', sa.Boolean(), nullable=False),
        sa.Column('sealed', sa.LargeBinary()),
        sa.Column('letter_date', sa.Date(), nullable=False),
        sa.Column('answered_at', TIME),
        *queue_columns(),
        reference('letters', 'signature_id', 'signatures', 'id'),
        reference('letters', 'campaign_id', 'campaigns', 'id'),
        reference('letters', 'recipient', 'ministries', 'recipient'),
        reference('letters', 'outgoing_id', 'outgoing', 'id'),
        choice('letters', 'send_method', METHODS),
        choice('letters', 'state', LETTER_STATES),
        choice('letters', 'waiting_for', REASONS),
        check('letters', 'waiting_says_what_for', "(state = 'waiting') = (waiting_for IS NOT NULL)"),
        copy="""
            SELECT id, id, campaign_id, government || '/foreign-affairs',
                coalesce((
                    SELECT coalesce(digest_id, letter_id) FROM attempts
                    WHERE letter_id = letters.id AND outcome = 'started' ORDER BY attempts.id DESC LIMIT 1
                ), CASE state WHEN 'claimed' THEN id END),
                language, way, state, waiting_for,
                keys, edited, sealed, dated, answered_at, first_tried_at, queued_at, due_at, failures, changed_at
            FROM letters
        """,
        referred_to_by=(('sentences', 'letter_id'), ('attempts', 'letter_id'), ('inbound', 'letter_id')),
    )
    index('ix_letters_queued', 'letters', ['recipient', 'due_at'], "state = 'queued'")
    index('ix_letters_due', 'letters', ['due_at', 'id'], "state = 'queued'")
    index('ix_letters_signature_id', 'letters', ['signature_id'])
    index('ix_letters_outgoing_id', 'letters', ['outgoing_id'], 'outgoing_id IS NOT NULL')
    index('ix_letters_state_recipient', 'letters', ['state', 'recipient'])
    index('ix_letters_answered', 'letters', ['recipient'], 'answered_at IS NOT NULL')


def unmake_letters() -> None:
    """Give letters the ids of their signatures again, and the bytes that their messages hold."""
    drop_indexes('letters', 'queued', 'due', 'signature_id', 'outgoing_id', 'state_recipient', 'answered')
    for table in ('sentences', 'attempts', 'inbound'):
        drop_reference(table, 'letter_id', 'letters')
        op.execute(f"""
            UPDATE {table} SET letter_id = (SELECT signature_id FROM letters WHERE letters.id = {table}.letter_id)
            WHERE letter_id IN (SELECT id FROM letters WHERE id <> signature_id)
        """)
    remake(
        'letters',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('campaign_id', sa.Integer(), nullable=False),
        sa.Column('government', sa.String(2), nullable=False),
        sa.Column('language', sa.String(8), nullable=False),
        sa.Column('way', sa.String(24), nullable=False),
        sa.Column('state', sa.String(24), nullable=False),
        sa.Column('waiting_for', sa.String(24)),
        sa.Column('keys', sa.JSON(), nullable=False),
        sa.Column('edited', sa.Boolean(), nullable=False),
        sa.Column('sealed', sa.LargeBinary()),
        sa.Column('message', sa.LargeBinary()),
        sa.Column('dated', sa.Date(), nullable=False),
        sa.Column('answered_at', TIME),
        *queue_columns(),
        *lease_columns(),
        reference('letters', 'id', 'signatures', 'id'),
        reference('letters', 'campaign_id', 'campaigns', 'id'),
        reference('letters', 'government', 'ministries', 'government'),
        choice('letters', 'way', METHODS),
        choice('letters', 'state', LETTER_STATES),
        choice('letters', 'waiting_for', REASONS),
        check('letters', 'waiting_says_what_for', "(state = 'waiting') = (waiting_for IS NOT NULL)"),
        copy="""
            SELECT letters.signature_id, campaign_id, substr(letters.recipient, 1, 2), letters.language, send_method,
                letters.state, waiting_for, keys, edited, sealed,
                CASE WHEN letters.id = letters.signature_id THEN own.message END, letter_date, answered_at,
                letters.first_tried_at, letters.queued_at, letters.due_at, letters.failures, letters.changed_at,
                CASE WHEN letters.state IN ('claimed', 'uncertain') THEN carrier.lease_until END,
                CASE WHEN letters.state IN ('claimed', 'uncertain') THEN carrier.lease_holder END, own.message_id
            FROM letters
            LEFT JOIN outgoing AS own ON own.id = letters.id
            LEFT JOIN outgoing AS carrier ON carrier.id = letters.outgoing_id
        """,
        referred_to_by=(('sentences', 'letter_id'), ('attempts', 'letter_id'), ('inbound', 'letter_id')),
    )
    index('ix_letters_queued', 'letters', ['government', 'due_at'], "state = 'queued'")
    index('ix_letters_due', 'letters', ['due_at', 'id'], "state = 'queued'")
    index('ix_letters_claimed', 'letters', ['lease_until'], "state = 'claimed'")
    index('ix_letters_state_government', 'letters', ['state', 'government'])
    index('ix_letters_answered', 'letters', ['government'], 'answered_at IS NOT NULL')


def make_attempts() -> None:
    drop_indexes('attempts', 'mail_id', 'digest_id')
    drop_checks('attempts', 'ck_attempts_one_message')
    op.alter_column('attempts', 'mail_id', new_column_name='outgoing_id')
    op.execute("UPDATE attempts SET outgoing_id = digest_id WHERE digest_id IS NOT NULL")
    op.execute("""
        UPDATE attempts SET outgoing_id = letter_id
        WHERE digest_id IS NULL AND letter_id IN (SELECT id FROM outgoing WHERE kind = 'letter')
    """)
    op.drop_column('attempts', 'digest_id')
    add_checks('attempts', {'ck_attempts_about_something': 'letter_id IS NOT NULL OR outgoing_id IS NOT NULL'})
    index('ix_attempts_outgoing_id', 'attempts', ['outgoing_id'])


def unmake_attempts() -> None:
    drop_indexes('attempts', 'outgoing_id')
    drop_checks('attempts', 'ck_attempts_about_something')
    op.add_column('attempts', sa.Column('digest_id', sa.Uuid(), nullable=True))
    op.execute("""
        UPDATE attempts SET digest_id = outgoing_id
        WHERE letter_id IS NOT NULL AND outgoing_id <> letter_id
    """)
    op.execute('UPDATE attempts SET outgoing_id = NULL WHERE letter_id IS NOT NULL')
    op.alter_column('attempts', 'outgoing_id', new_column_name='mail_id')
    add_checks('attempts', {'ck_attempts_one_message': '(letter_id IS NULL) <> (mail_id IS NULL)'})
    index('ix_attempts_mail_id', 'attempts', ['mail_id'])
    index('ix_attempts_digest_id', 'attempts', ['digest_id'])


def queue_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column('first_tried_at', TIME),
        sa.Column('queued_at', TIME),
        sa.Column('due_at', TIME),
        sa.Column('failures', sa.SmallInteger(), nullable=False),
        sa.Column('changed_at', TIME, nullable=False),
    ]


def lease_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column('lease_until', TIME),
        sa.Column('lease_holder', sa.String(64)),
        sa.Column('message_id', sa.String(200)),
    ]


def remake(table: str, *parts: sa.Column[Any] | sa.Constraint, copy: str, referred_to_by: tuple[tuple[str, str], ...]) -> None:
    """Make a table anew from what a query finds; what refers to it refers to the new one."""
    key = sa.PrimaryKeyConstraint('id', name=f'pk_{table}' if is_sqlite() else f'pk_{table}_new')
    op.create_table(f'{table}_new', *parts, key)
    op.execute(f'INSERT INTO {table}_new {copy}')
    op.execute(f"DROP TABLE {table} {'' if is_sqlite() else 'CASCADE'}")
    op.rename_table(f'{table}_new', table)
    if not is_sqlite():
        op.execute(f'ALTER INDEX pk_{table}_new RENAME TO pk_{table}')
        for other, column in referred_to_by:
            op.execute(f"""
                ALTER TABLE {other} ADD CONSTRAINT fk_{other}_{column}_{table}
                FOREIGN KEY ({column}) REFERENCES {table} (id)
            """)


def add_unique(table: str, column: str, length: int, value: str) -> None:
    op.add_column(table, sa.Column(column, sa.String(length), nullable=True))
    op.execute(f'UPDATE {table} SET {column} = {value}')
    if is_sqlite():
        was, unique = f'{column} VARCHAR({length})', unique_line(table, column)
        rebuild(table, lambda made: f"{made[:made.rindex(')')].rstrip()}{unique})".replace(was, f'{was} NOT NULL'))
        return
    op.alter_column(table, column, nullable=False)
    op.create_unique_constraint(f'uq_{table}_{column}', table, [column])


def drop_unique(table: str, column: str) -> None:
    if is_sqlite():
        rebuild(table, lambda made: made.replace(unique_line(table, column), ''))
    else:
        op.drop_constraint(f'uq_{table}_{column}', table)
    op.drop_column(table, column)


def unique_line(table: str, column: str) -> str:
    return f',\n\tCONSTRAINT uq_{table}_{column} UNIQUE ({column})'


def drop_reference(table: str, column: str, other: str) -> None:
    """Drop a foreign key while ids change; SQLite checks them at the end."""
    if not is_sqlite():
        op.drop_constraint(f'fk_{table}_{column}_{other}', table)


def reference(table: str, column: str, other: str, key: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f'{other}.{key}'], name=f'fk_{table}_{column}_{other}')


def choice(table: str, column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    return check(table, column, one_of(column, values))


def check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f'ck_{table}_{name}'))


def one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def index(name: str, table: str, columns: list[str], where: str = '', *, unique: bool = False) -> None:
    condition = sa.text(where) if where else None
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


def drop_indexes(table: str, *names: str) -> None:
    for name in names:
        op.drop_index(f'ix_{table}_{name}', table_name=table)


def is_sqlite() -> bool:
    return op.get_bind().dialect.name == 'sqlite'
