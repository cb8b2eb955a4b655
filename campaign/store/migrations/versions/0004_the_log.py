"""The log of what people did, which only grows"""

from alembic import op
import sqlalchemy as sa

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('log_entries',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('who', sa.String(length=120), nullable=False),
    sa.Column('action', sa.String(length=60), nullable=False),
    sa.Column('about', sa.String(length=120), nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_log_entries'))
    )
    op.create_index('ix_log_entries_about', 'log_entries', ['about'])
    if op.get_bind().dialect.name == 'sqlite':
        for what in ('UPDATE', 'DELETE'):
            op.execute(f"""
                CREATE TRIGGER log_entries_no_{what.lower()} BEFORE {what} ON log_entries
                BEGIN SELECT RAISE(ABORT, 'the log only grows'); END
            """)
    else:
        op.execute("""
            CREATE FUNCTION log_only_grows() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'the log only grows'; END $$
        """)
        op.execute("""
            CREATE TRIGGER log_entries_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON log_entries
            FOR EACH STATEMENT EXECUTE FUNCTION log_only_grows()
        """)


def downgrade() -> None:
    op.drop_table('log_entries')
    if op.get_bind().dialect.name != 'sqlite':
        op.execute('DROP FUNCTION log_only_grows')
