"""Roles in campaigns instead of one role for all: owners become site owners, others keep theirs"""

from alembic import op
import sqlalchemy as sa

from campaign.store.migrations.checks import add_checks, drop_checks

revision = '0032'
down_revision = '0031'
branch_labels = None
depends_on = None

# Processes of the version before ask for the column that goes.
STOP_FIRST = True


def upgrade() -> None:
    op.create_table('campaign_roles',
    sa.Column('organiser_id', sa.Uuid(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.Enum('owner', 'editor', 'translator', 'viewer', name='role', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('languages', sa.String(length=400), nullable=False),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_campaign_roles_campaign_id_campaigns')),
    sa.ForeignKeyConstraint(['organiser_id'], ['organisers.id'], name=op.f('fk_campaign_roles_organiser_id_organisers')),
    sa.PrimaryKeyConstraint('organiser_id', 'campaign_id', name=op.f('pk_campaign_roles')),
    )
    op.create_index('ix_campaign_roles_campaign_id', 'campaign_roles', ['campaign_id'], unique=False)
    op.add_column('organisers', sa.Column('site_owner', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(
        "INSERT INTO campaign_roles (organiser_id, campaign_id, role, languages)"
        " SELECT organisers.id, campaigns.id, organisers.role, '' FROM organisers, campaigns"
        " WHERE organisers.role <> 'owner' AND organisers.ended_at IS NULL"
    )
    op.execute("UPDATE organisers SET site_owner = (role = 'owner')")
    drop_checks('organisers', 'ck_organisers_role')
    op.drop_column('organisers', 'role')


def downgrade() -> None:
    op.add_column('organisers', sa.Column('role', sa.String(length=24), server_default='viewer', nullable=False))
    # Whoever may edit one campaign could edit them all before, so the least of the roles holds.
    op.execute(
        "UPDATE organisers SET role = 'editor' WHERE EXISTS (SELECT 1 FROM campaign_roles"
        " WHERE organiser_id = organisers.id) AND NOT EXISTS (SELECT 1 FROM campaign_roles"
        " WHERE organiser_id = organisers.id AND role IN ('translator', 'viewer'))"
    )
    op.execute("UPDATE organisers SET role = 'owner' WHERE site_owner")
    op.drop_column('organisers', 'site_owner')
    op.drop_table('campaign_roles')
    add_checks('organisers', {'ck_organisers_role': "role IN ('owner', 'editor', 'viewer')"})
