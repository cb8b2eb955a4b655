"""What organisers import into the directory: names, persons in office, imports that wait for a second person"""

from alembic import op
import sqlalchemy as sa

revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('recipients', sa.Column('imported', sa.JSON(), nullable=False, server_default='{}'))
    op.create_table('office_holders',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('recipient', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=500), nullable=False),
    sa.Column('since', sa.Date(), nullable=True),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('entered_by', sa.String(length=120), nullable=False),
    sa.Column('entered_on', sa.Date(), nullable=False),
    sa.Column('imported', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['recipient'], ['recipients.key'], name=op.f('fk_office_holders_recipient_recipients')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_office_holders'))
    )
    op.create_index('ix_office_holders_recipient', 'office_holders', ['recipient'])
    op.create_table('directory_imports',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('entries', sa.JSON(), nullable=False),
    sa.Column('remove_gone', sa.Boolean(), nullable=False),
    sa.Column('proposed_by', sa.String(length=120), nullable=False),
    sa.Column('proposed_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_directory_imports')),
    sqlite_autoincrement=True
    )


def downgrade() -> None:
    op.drop_table('directory_imports')
    op.drop_table('office_holders')
    op.drop_column('recipients', 'imported')
