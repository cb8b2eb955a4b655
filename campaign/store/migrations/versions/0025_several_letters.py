"""A signature's letters to several recipients

Processes of the version before cannot store a report about an address any more: they have to be
stopped first. Going back is refused while a signature has more than one letter or report, or a
campaign asks what the version before does not know.
"""

import json

from alembic import op
import sqlalchemy as sa

from campaign.errors import NoLongerPossible
from campaign.store.migrations.checks import rebuild

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None
STOP_FIRST = True

ONE_EACH = 'CONSTRAINT uq_contact_reports_one_each UNIQUE (signature_id, recipient)'
ONE_FOR_ALL = 'CONSTRAINT uq_contact_reports_signature_id UNIQUE (signature_id)'
SEVERAL = 'SELECT count(*) FROM (SELECT signature_id FROM {} GROUP BY signature_id HAVING count(*) > 1) AS several'


def upgrade() -> None:
    op.add_column('outgoing', sa.Column('letter_id', sa.Uuid(), nullable=True))
    replace_unique(ONE_FOR_ALL, ONE_EACH)


def downgrade() -> None:
    for table in ('letters', 'contact_reports'):
        several = op.get_bind().scalar(sa.text(SEVERAL.format(table)))
        if several:
            raise NoLongerPossible(f'{several} signatures have {table} to several recipients')
    put_facts_back()
    replace_unique(ONE_EACH, ONE_FOR_ALL)
    op.drop_column('outgoing', 'letter_id')


def put_facts_back() -> None:
    """Let the version before read the campaigns' facts, or refuse what it does not know."""
    for slug, text in op.get_bind().execute(sa.text('SELECT slug, facts FROM campaigns')).all():
        facts = json.loads(text)
        asked = facts.pop('governments', None)
        if asked is not None:
            facts['governments_on'] = asked['on']
            if asked['union'] != 'EU' or asked['also'] or asked['without']:
                raise NoLongerPossible(f'{slug} asks governments by list')
        whom = facts.get('recipients', {})
        if whom.pop('to', 'one') != 'one' or any('/' in one for one in whom.get('offices', ())):
            raise NoLongerPossible(f'{slug} writes to several recipients')
        changed = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(',', ':'))
        op.get_bind().execute(
            sa.text('UPDATE campaigns SET facts = :facts WHERE slug = :slug'), {'facts': changed, 'slug': slug}
        )


def replace_unique(before: str, after: str) -> None:
    if op.get_bind().dialect.name == 'sqlite':
        rebuild('contact_reports', lambda made: made.replace(before, after))
        return
    op.execute(f'ALTER TABLE contact_reports DROP {" ".join(before.split()[:2])}')
    op.execute(f'ALTER TABLE contact_reports ADD {after}')
