"""The first tables"""

from alembic import op
import sqlalchemy as sa


revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('campaigns',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('slug', sa.String(length=80), nullable=False),
    sa.Column('facts', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_campaigns')),
    sa.UniqueConstraint('slug', name=op.f('uq_campaigns_slug'))
    )
    op.create_table('mail_caps',
    sa.Column('identity_hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('mails', sa.SmallInteger(), nullable=False),
    sa.PrimaryKeyConstraint('identity_hash', 'day', name=op.f('pk_mail_caps'))
    )
    op.create_table('ministries',
    sa.Column('government', sa.String(length=2), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('email_source', sa.Text(), nullable=False),
    sa.Column('checked_on', sa.Date(), nullable=True),
    sa.Column('checked_by', sa.String(length=120), nullable=False),
    sa.Column('check_reason', sa.Text(), nullable=False),
    sa.Column('postal', sa.Text(), nullable=False),
    sa.Column('postal_source', sa.Text(), nullable=False),
    sa.Column('postal_checked_on', sa.Date(), nullable=True),
    sa.Column('postal_checked_by', sa.String(length=120), nullable=False),
    sa.Column('postal_check_reason', sa.Text(), nullable=False),
    sa.Column('per_hour', sa.SmallInteger(), nullable=True),
    sa.Column('per_day', sa.SmallInteger(), nullable=True),
    sa.Column('opens', sa.Time(), nullable=False),
    sa.Column('closes', sa.Time(), nullable=False),
    sa.Column('zone', sa.String(length=40), nullable=False),
    sa.Column('paused_on', sa.Date(), nullable=True),
    sa.Column('pause_reason', sa.Text(), nullable=False),
    sa.Column('next_write_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('written_on', sa.Date(), nullable=True),
    sa.Column('written', sa.SmallInteger(), nullable=False),
    sa.Column('refusals', sa.SmallInteger(), nullable=False),
    sa.Column('refused_for_good', sa.SmallInteger(), nullable=False),
    sa.CheckConstraint("(paused_on IS NULL) = (pause_reason = '')", name=op.f('ck_ministries_a_pause_has_a_reason')),
    sa.CheckConstraint("checked_on IS NULL OR (email <> '' AND checked_by <> '' AND check_reason <> '')", name=op.f('ck_ministries_checked_by_a_person')),
    sa.CheckConstraint("email = '' OR email_source <> ''", name=op.f('ck_ministries_email_has_source')),
    sa.CheckConstraint("postal = '' OR postal_source <> ''", name=op.f('ck_ministries_postal_has_source')),
    sa.CheckConstraint("postal_checked_on IS NULL OR (postal <> '' AND postal_checked_by <> '' AND postal_check_reason <> '')", name=op.f('ck_ministries_postal_checked_by_a_person')),
    sa.CheckConstraint('opens < closes', name=op.f('ck_ministries_opens_before_it_closes')),
    sa.PrimaryKeyConstraint('government', name=op.f('pk_ministries'))
    )
    op.create_table('stopped',
    sa.Column('identity_hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('identity_hash', name=op.f('pk_stopped'))
    )
    op.create_table('revisions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('current', sa.Boolean(), nullable=False),
    sa.Column('origin', sa.Enum('startup', 'command', name='origin', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_revisions_campaign_id_campaigns')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_revisions')),
    sa.UniqueConstraint('campaign_id', 'digest', name=op.f('uq_revisions_campaign_id_digest'))
    )
    with op.batch_alter_table('revisions', schema=None) as batch_op:
        batch_op.create_index('uq_revisions_current', ['campaign_id'], unique=True, sqlite_where=sa.text('current'), postgresql_where=sa.text('current'))

    op.create_table('counts',
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('revision_id', sa.Integer(), nullable=False),
    sa.Column('government', sa.String(length=2), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('origin', sa.Enum('online', 'paper', 'imported', name='origin', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('source', sa.String(length=32), nullable=False),
    sa.Column('shard', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('signatures', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_counts_campaign_id_campaigns')),
    sa.ForeignKeyConstraint(['revision_id'], ['revisions.id'], name=op.f('fk_counts_revision_id_revisions')),
    sa.PrimaryKeyConstraint('campaign_id', 'revision_id', 'government', 'language', 'day', 'origin', 'source', 'shard', name=op.f('pk_counts'))
    )
    op.create_table('signatures',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('revision_id', sa.Integer(), nullable=False),
    sa.Column('government', sa.String(length=2), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('origin', sa.Enum('online', 'paper', 'imported', name='origin', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('source', sa.String(length=32), nullable=False),
    sa.Column('state', sa.Enum('pending', 'confirmed', 'withdrawn', 'expired', 'dropped', 'invalidated', name='state', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('held', sa.Boolean(), nullable=False),
    sa.Column('identity_hash', sa.LargeBinary(length=32), nullable=True),
    sa.Column('identity_rules', sa.SmallInteger(), nullable=True),
    sa.Column('email_hash', sa.LargeBinary(length=32), nullable=True),
    sa.Column('domain_hash', sa.LargeBinary(length=32), nullable=True),
    sa.Column('name_hash', sa.LargeBinary(length=32), nullable=True),
    sa.Column('sealed', sa.LargeBinary(), nullable=True),
    sa.Column('send_letter', sa.Boolean(), nullable=False),
    sa.Column('show_name', sa.Boolean(), nullable=False),
    sa.Column('send_news', sa.Boolean(), nullable=False),
    sa.Column('reply_directly', sa.Boolean(), nullable=False),
    sa.Column('send_copy', sa.Boolean(), nullable=False),
    sa.Column('code_tries', sa.SmallInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('counted_day', sa.Date(), nullable=True),
    sa.Column('reminded_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state <> 'confirmed' OR confirmed_at IS NOT NULL", name=op.f('ck_signatures_confirmed_has_time')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_signatures_campaign_id_campaigns')),
    sa.ForeignKeyConstraint(['revision_id'], ['revisions.id'], name=op.f('fk_signatures_revision_id_revisions')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_signatures'))
    )
    with op.batch_alter_table('signatures', schema=None) as batch_op:
        batch_op.create_index('ix_signatures_domain_hash', ['domain_hash'], unique=False)
        batch_op.create_index('ix_signatures_email_hash', ['email_hash'], unique=False)
        batch_op.create_index('ix_signatures_identity_hash', ['identity_hash'], unique=False)
        batch_op.create_index('ix_signatures_name_hash', ['name_hash'], unique=False)
        batch_op.create_index('ix_signatures_pending_created_at', ['created_at'], unique=False, sqlite_where=sa.text("state = 'pending'"), postgresql_where=sa.text("state = 'pending'"))
        batch_op.create_index('ix_signatures_shown', ['campaign_id', 'confirmed_at', 'id'], unique=False, sqlite_where=sa.text("state = 'confirmed' AND show_name AND NOT held"), postgresql_where=sa.text("state = 'confirmed' AND show_name AND NOT held"))
        batch_op.create_index('uq_signatures_confirmed_identity', ['campaign_id', 'identity_hash'], unique=True, sqlite_where=sa.text("state = 'confirmed'"), postgresql_where=sa.text("state = 'confirmed'"))

    op.create_table('consents',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('signature_id', sa.Uuid(), nullable=False),
    sa.Column('purpose', sa.Enum('send_letter', 'show_name', 'send_news', 'reply_directly', 'send_copy', 'be_counted', name='purpose', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('given', sa.Boolean(), nullable=False),
    sa.Column('words', sa.String(length=64), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['signature_id'], ['signatures.id'], name=op.f('fk_consents_signature_id_signatures')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consents'))
    )
    with op.batch_alter_table('consents', schema=None) as batch_op:
        batch_op.create_index('ix_consents_signature_id', ['signature_id'], unique=False)

    op.create_table('events',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('signature_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('confirmed', 'withdrawn', 'invalidated', 'restored', 'held', 'released', 'erased', name='kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('effect', sa.SmallInteger(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('effect IN (-1, 0, 1)', name=op.f('ck_events_effect')),
    sa.ForeignKeyConstraint(['signature_id'], ['signatures.id'], name=op.f('fk_events_signature_id_signatures')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_events'))
    )
    with op.batch_alter_table('events', schema=None) as batch_op:
        batch_op.create_index('ix_events_signature_id', ['signature_id'], unique=False)

    op.create_table('letters',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('government', sa.String(length=2), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('way', sa.Enum('we_send', 'own_mail', 'print', name='way', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('state', sa.Enum('draft', 'waiting', 'queued', 'claimed', 'accepted', 'bounced', 'refused', 'uncertain', 'dropped', 'self_reported', 'printed', name='state', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('waiting_for', sa.Enum('verified_address', 'release', 'pause', name='waiting_for', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('keys', sa.JSON(), nullable=False),
    sa.Column('edited', sa.Boolean(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=True),
    sa.Column('message', sa.LargeBinary(), nullable=True),
    sa.Column('dated', sa.Date(), nullable=False),
    sa.Column('first_tried_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('queued_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease_holder', sa.String(length=64), nullable=True),
    sa.Column('failures', sa.SmallInteger(), nullable=False),
    sa.Column('message_id', sa.String(length=200), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(state = 'waiting') = (waiting_for IS NOT NULL)", name=op.f('ck_letters_waiting_says_what_for')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_letters_campaign_id_campaigns')),
    sa.ForeignKeyConstraint(['government'], ['ministries.government'], name=op.f('fk_letters_government_ministries')),
    sa.ForeignKeyConstraint(['id'], ['signatures.id'], name=op.f('fk_letters_id_signatures')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letters'))
    )
    with op.batch_alter_table('letters', schema=None) as batch_op:
        batch_op.create_index('ix_letters_claimed', ['lease_until'], unique=False, sqlite_where=sa.text("state = 'claimed'"), postgresql_where=sa.text("state = 'claimed'"))
        batch_op.create_index('ix_letters_queued', ['government', 'due_at'], unique=False, sqlite_where=sa.text("state = 'queued'"), postgresql_where=sa.text("state = 'queued'"))
        batch_op.create_index('ix_letters_state_government', ['state', 'government'], unique=False)

    op.create_table('mails',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('signature_id', sa.Uuid(), nullable=True),
    sa.Column('government', sa.String(length=2), nullable=True),
    sa.Column('kind', sa.Enum('confirmation', 'already_signed', 'reminder', 'fresh_link', 'letter_copy', 'ministry_paused', name='kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('state', sa.Enum('queued', 'claimed', 'accepted', 'refused', 'dropped', name='state', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('first_tried_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('queued_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease_holder', sa.String(length=64), nullable=True),
    sa.Column('failures', sa.SmallInteger(), nullable=False),
    sa.Column('message_id', sa.String(length=200), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('(signature_id IS NULL) <> (government IS NULL)', name=op.f('ck_mails_about_one')),
    sa.ForeignKeyConstraint(['government'], ['ministries.government'], name=op.f('fk_mails_government_ministries')),
    sa.ForeignKeyConstraint(['signature_id'], ['signatures.id'], name=op.f('fk_mails_signature_id_signatures')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mails'))
    )
    with op.batch_alter_table('mails', schema=None) as batch_op:
        batch_op.create_index('ix_mails_claimed', ['lease_until'], unique=False, sqlite_where=sa.text("state = 'claimed'"), postgresql_where=sa.text("state = 'claimed'"))
        batch_op.create_index('ix_mails_queued', ['due_at'], unique=False, sqlite_where=sa.text("state = 'queued'"), postgresql_where=sa.text("state = 'queued'"))
        batch_op.create_index('ix_mails_signature_id', ['signature_id'], unique=False)

    op.create_table('attempts',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('letter_id', sa.Uuid(), nullable=True),
    sa.Column('mail_id', sa.Uuid(), nullable=True),
    sa.Column('outcome', sa.Enum('started', 'accepted', 'temporary', 'permanent', 'unknown', 'released', 'dropped', name='outcome', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('transport', sa.String(length=24), nullable=False),
    sa.Column('worker', sa.String(length=64), nullable=False),
    sa.Column('code', sa.String(length=24), nullable=False),
    sa.Column('reply', sa.String(length=500), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('(letter_id IS NULL) <> (mail_id IS NULL)', name=op.f('ck_attempts_one_message')),
    sa.ForeignKeyConstraint(['letter_id'], ['letters.id'], name=op.f('fk_attempts_letter_id_letters')),
    sa.ForeignKeyConstraint(['mail_id'], ['mails.id'], name=op.f('fk_attempts_mail_id_mails')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attempts'))
    )
    with op.batch_alter_table('attempts', schema=None) as batch_op:
        batch_op.create_index('ix_attempts_letter_id', ['letter_id'], unique=False)
        batch_op.create_index('ix_attempts_mail_id', ['mail_id'], unique=False)

    op.create_table('sentences',
    sa.Column('letter_id', sa.Uuid(), nullable=False),
    sa.Column('hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('government', sa.String(length=2), nullable=False),
    sa.ForeignKeyConstraint(['letter_id'], ['letters.id'], name=op.f('fk_sentences_letter_id_letters')),
    sa.PrimaryKeyConstraint('letter_id', 'hash', name=op.f('pk_sentences'))
    )
    with op.batch_alter_table('sentences', schema=None) as batch_op:
        batch_op.create_index('ix_sentences_government_hash', ['government', 'hash'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('sentences', schema=None) as batch_op:
        batch_op.drop_index('ix_sentences_government_hash')

    op.drop_table('sentences')
    with op.batch_alter_table('attempts', schema=None) as batch_op:
        batch_op.drop_index('ix_attempts_mail_id')
        batch_op.drop_index('ix_attempts_letter_id')

    op.drop_table('attempts')
    with op.batch_alter_table('mails', schema=None) as batch_op:
        batch_op.drop_index('ix_mails_signature_id')
        batch_op.drop_index('ix_mails_queued', sqlite_where=sa.text("state = 'queued'"), postgresql_where=sa.text("state = 'queued'"))
        batch_op.drop_index('ix_mails_claimed', sqlite_where=sa.text("state = 'claimed'"), postgresql_where=sa.text("state = 'claimed'"))

    op.drop_table('mails')
    with op.batch_alter_table('letters', schema=None) as batch_op:
        batch_op.drop_index('ix_letters_state_government')
        batch_op.drop_index('ix_letters_queued', sqlite_where=sa.text("state = 'queued'"), postgresql_where=sa.text("state = 'queued'"))
        batch_op.drop_index('ix_letters_claimed', sqlite_where=sa.text("state = 'claimed'"), postgresql_where=sa.text("state = 'claimed'"))

    op.drop_table('letters')
    with op.batch_alter_table('events', schema=None) as batch_op:
        batch_op.drop_index('ix_events_signature_id')

    op.drop_table('events')
    with op.batch_alter_table('consents', schema=None) as batch_op:
        batch_op.drop_index('ix_consents_signature_id')

    op.drop_table('consents')
    with op.batch_alter_table('signatures', schema=None) as batch_op:
        batch_op.drop_index('uq_signatures_confirmed_identity', sqlite_where=sa.text("state = 'confirmed'"), postgresql_where=sa.text("state = 'confirmed'"))
        batch_op.drop_index('ix_signatures_shown', sqlite_where=sa.text("state = 'confirmed' AND show_name AND NOT held"), postgresql_where=sa.text("state = 'confirmed' AND show_name AND NOT held"))
        batch_op.drop_index('ix_signatures_pending_created_at', sqlite_where=sa.text("state = 'pending'"), postgresql_where=sa.text("state = 'pending'"))
        batch_op.drop_index('ix_signatures_name_hash')
        batch_op.drop_index('ix_signatures_identity_hash')
        batch_op.drop_index('ix_signatures_email_hash')
        batch_op.drop_index('ix_signatures_domain_hash')

    op.drop_table('signatures')
    op.drop_table('counts')
    with op.batch_alter_table('revisions', schema=None) as batch_op:
        batch_op.drop_index('uq_revisions_current', sqlite_where=sa.text('current'), postgresql_where=sa.text('current'))

    op.drop_table('revisions')
    op.drop_table('stopped')
    op.drop_table('ministries')
    op.drop_table('mail_caps')
    op.drop_table('campaigns')
