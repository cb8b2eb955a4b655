"""Versions of bundles, addresses that campaigns had before, publications at a time"""

import json

from alembic import op
import sqlalchemy as sa

from campaign.errors import NoLongerPossible
from campaign.store.migrations.checks import set_choices

revision = '0033'
down_revision = '0032'
branch_labels = None
depends_on = None

_CHANGES = ('correction', 'translation', 'demands')


def _of_campaign(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f(f'fk_{table}_campaign_id_campaigns'))


def upgrade() -> None:
    op.add_column('campaigns', sa.Column('name', sa.String(length=100), server_default='', nullable=False))
    for column in ('draft_version', 'published_version', 'folder_version'):
        op.add_column('campaigns', sa.Column(column, sa.Integer(), nullable=True))
    op.add_column('campaigns', sa.Column('drops_letters', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('revisions', sa.Column('version', sa.Integer(), nullable=True))
    set_choices('revisions', 'origin', ('startup', 'command', 'console'))
    op.create_table('campaign_addresses',
    sa.Column('slug', sa.String(length=80), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    _of_campaign('campaign_addresses'),
    sa.PrimaryKeyConstraint('slug', name=op.f('pk_campaign_addresses')),
    )
    op.create_table('bundle_versions',
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('parent', sa.Integer(), nullable=True),
    sa.Column('files', sa.JSON(), nullable=False),
    sa.Column('saved_by', sa.String(length=120), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=False),
    _of_campaign('bundle_versions'),
    sa.PrimaryKeyConstraint('campaign_id', 'number', name=op.f('pk_bundle_versions')),
    )
    op.create_table('bundle_texts',
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    _of_campaign('bundle_texts'),
    sa.PrimaryKeyConstraint('campaign_id', 'digest', name=op.f('pk_bundle_texts')),
    )
    op.create_table('scheduled_publications',
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('publish_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('change', sa.Enum(*_CHANGES, name='change', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('stated_by', sa.String(length=120), nullable=False),
    sa.Column('replaces_letter', sa.Boolean(), nullable=False),
    sa.Column('failure', sa.Text(), nullable=False),
    _of_campaign('scheduled_publications'),
    sa.PrimaryKeyConstraint('campaign_id', name=op.f('pk_scheduled_publications')),
    )


def _must_be_as_before() -> None:
    """Refuse while there is what the version before does not know: closed by hand, archived, moved."""
    moved = op.get_bind().execute(sa.text('SELECT COUNT(*) FROM campaign_addresses')).scalar_one()
    if moved:
        raise NoLongerPossible(f'{moved} addresses lead to campaigns that have another one now')
    for row in op.get_bind().execute(sa.text("SELECT id, slug, facts FROM campaigns WHERE facts <> ''")).all():
        facts = json.loads(row.facts)
        if facts.get('closed_on') or facts.get('archived_on'):
            raise NoLongerPossible(f'{row.slug} was closed or archived in the console: open it again first')
        kept = {key: told for key, told in facts.items() if key not in ('closed_on', 'archived_on')}
        op.get_bind().execute(
            sa.text('UPDATE campaigns SET facts = :facts WHERE id = :id'),
            {'id': row.id, 'facts': json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(',', ':'))},
        )


def downgrade() -> None:
    _must_be_as_before()
    for table in ('scheduled_publications', 'bundle_texts', 'bundle_versions', 'campaign_addresses'):
        op.drop_table(table)
    # What was published in the console was published by a person, as by command.
    op.execute("UPDATE revisions SET origin = 'command' WHERE origin = 'console'")
    set_choices('revisions', 'origin', ('startup', 'command'))
    op.drop_column('revisions', 'version')
    # The version before knows no campaign without a revision.
    op.execute("DELETE FROM preview_counts WHERE campaign_id NOT IN (SELECT campaign_id FROM revisions)")
    op.execute("DELETE FROM campaign_roles WHERE campaign_id NOT IN (SELECT campaign_id FROM revisions)")
    op.execute("DELETE FROM campaigns WHERE id NOT IN (SELECT campaign_id FROM revisions)")
    for column in ('drops_letters', 'folder_version', 'published_version', 'draft_version', 'name'):
        op.drop_column('campaigns', column)
