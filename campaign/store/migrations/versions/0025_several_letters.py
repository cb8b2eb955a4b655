"""A signature's letters to several recipients

Processes of the version before cannot store a report about an address any more: they have to be
stopped first. Going back is refused while a signature has more than one letter.
"""

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
SEVERAL = 'SELECT count(*) FROM (SELECT signature_id FROM letters GROUP BY signature_id HAVING count(*) > 1) AS several'


def upgrade() -> None:
    op.add_column('outgoing', sa.Column('letter_id', sa.Uuid(), nullable=True))
    replace_unique(ONE_FOR_ALL, ONE_EACH)


def downgrade() -> None:
    several = op.get_bind().scalar(sa.text(SEVERAL))
    if several:
        raise NoLongerPossible(f'{several} signatures have letters to several recipients')
    replace_unique(ONE_EACH, ONE_FOR_ALL)
    op.drop_column('outgoing', 'letter_id')


def replace_unique(before: str, after: str) -> None:
    if op.get_bind().dialect.name == 'sqlite':
        rebuild('contact_reports', lambda made: made.replace(before, after))
        return
    op.execute(f'ALTER TABLE contact_reports DROP {" ".join(before.split()[:2])}')
    op.execute(f'ALTER TABLE contact_reports ADD {after}')
