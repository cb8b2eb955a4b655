"""The directory: several addresses for one ministry"""

from alembic import op
import sqlalchemy as sa

from campaign.store.migrations.checks import add_checks, drop_checks, set_choices

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

KINDS = (
    'confirmation', 'already_signed', 'reminder', 'fresh_link', 'letter_copy', 'ministry_paused',
    'answer', 'ministry_objected', 'long_queue', 'digest_asked', 'objection_asked', 'unfiled',
)
CHECKS = {
    'ck_ministries_checked_by_a_person': "checked_on IS NULL OR (email <> '' AND checked_by <> '' AND check_reason <> '')",
    'ck_ministries_email_has_source': "email = '' OR email_source <> ''",
    'ck_ministries_postal_checked_by_a_person': "postal_checked_on IS NULL OR (postal <> '' AND postal_checked_by <> '' AND postal_check_reason <> '')",
    'ck_ministries_postal_has_source': "postal = '' OR postal_source <> ''",
}
TEXTS = (
    ('email', 254), ('email_source', None), ('checked_by', 120), ('check_reason', None), ('postal', None),
    ('postal_source', None), ('postal_checked_by', 120), ('postal_check_reason', None),
)


def upgrade() -> None:
    op.add_column('ministries', sa.Column('resumed_at', sa.DateTime(timezone=True), nullable=True))
    op.create_table('addresses',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('government', sa.String(length=2), nullable=False),
    sa.Column('channel', sa.Enum('email', 'postal', name='channel', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('status', sa.Enum('known', 'verified', 'wrong', name='status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('from_reference', sa.Boolean(), nullable=False),
    sa.Column('checked_on', sa.Date(), nullable=True),
    sa.Column('checked_by', sa.String(length=120), nullable=False),
    sa.Column('check_reason', sa.Text(), nullable=False),
    sa.Column('per_hour', sa.SmallInteger(), nullable=True),
    sa.Column('per_day', sa.SmallInteger(), nullable=True),
    sa.Column('opens', sa.Time(), nullable=True),
    sa.Column('closes', sa.Time(), nullable=True),
    sa.Column('zone', sa.String(length=40), nullable=True),
    sa.CheckConstraint("value <> '' AND source <> ''", name=op.f('ck_addresses_has_a_source')),
    sa.CheckConstraint("status = 'known' OR (checked_on IS NOT NULL AND checked_by <> '' AND check_reason <> '')", name=op.f('ck_addresses_checked_by_a_person')),
    sa.ForeignKeyConstraint(['government'], ['ministries.government'], name=op.f('fk_addresses_government_ministries')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_addresses')),
    sa.UniqueConstraint('government', 'channel', 'value', name='uq_addresses_value')
    )
    op.create_table('contact_reports',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('signature_id', sa.Uuid(), nullable=False),
    sa.Column('government', sa.String(length=2), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=True),
    sa.Column('reported_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['government'], ['ministries.government'], name=op.f('fk_contact_reports_government_ministries')),
    sa.ForeignKeyConstraint(['signature_id'], ['signatures.id'], name=op.f('fk_contact_reports_signature_id_signatures')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contact_reports')),
    sa.UniqueConstraint('signature_id', name='uq_contact_reports_signature_id')
    )
    op.create_index('ix_contact_reports_open', 'contact_reports', ['government'], sqlite_where=sa.text('settled_at IS NULL'), postgresql_where=sa.text('settled_at IS NULL'))
    for channel, prefix, value in (('email', '', 'email'), ('postal', 'postal_', 'postal')):
        op.execute(f"""
            INSERT INTO addresses (government, channel, value, language, status, source,
                from_reference, checked_on, checked_by, check_reason)
            SELECT government, '{channel}', {value}, '',
                CASE WHEN {prefix}checked_on IS NULL THEN 'known' ELSE 'verified' END,
                {value}_source, {prefix}checked_on IS NULL, {prefix}checked_on,
                {prefix}checked_by, {prefix}check_reason
            FROM ministries WHERE {value} <> ''
        """)
    drop_checks('ministries', *CHECKS)
    for name, _ in TEXTS:
        op.drop_column('ministries', name)
    op.drop_column('ministries', 'checked_on')
    op.drop_column('ministries', 'postal_checked_on')
    set_choices('mails', 'kind', (*KINDS, 'contact_reported'))


def downgrade() -> None:
    op.execute("DELETE FROM attempts WHERE mail_id IN (SELECT id FROM mails WHERE kind = 'contact_reported')")
    op.execute("DELETE FROM mails WHERE kind = 'contact_reported'")
    set_choices('mails', 'kind', KINDS)
    for name, length in TEXTS:
        kind = sa.String(length=length) if length else sa.Text()
        op.add_column('ministries', sa.Column(name, kind, nullable=False, server_default=''))
    op.add_column('ministries', sa.Column('checked_on', sa.Date(), nullable=True))
    op.add_column('ministries', sa.Column('postal_checked_on', sa.Date(), nullable=True))
    add_checks('ministries', CHECKS)
    for channel, prefix, value in (('email', '', 'email'), ('postal', 'postal_', 'postal')):
        chosen = f"""
            FROM addresses WHERE addresses.government = ministries.government
                AND channel = '{channel}' AND status <> 'wrong'
            ORDER BY status DESC, checked_on DESC, id LIMIT 1
        """
        op.execute(f"""
            UPDATE ministries SET
                {value} = COALESCE((SELECT value {chosen}), ''),
                {value}_source = COALESCE((SELECT source {chosen}), ''),
                {prefix}checked_on = (SELECT checked_on {chosen}),
                {prefix}checked_by = COALESCE((SELECT addresses.checked_by {chosen}), ''),
                {prefix}check_reason = COALESCE((SELECT addresses.check_reason {chosen}), '')
        """)
    op.drop_table('contact_reports')
    op.drop_table('addresses')
    op.drop_column('ministries', 'resumed_at')
