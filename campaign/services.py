"""What the worker, the watch and long commands run, built from the container."""

from __future__ import annotations

import os
import secrets
import socket
import time
from typing import TYPE_CHECKING

from campaign.campaigns.schedule import ScheduledPublisher
from campaign.container import create_pace, erasure_ledger, exports_folder, outbox_folder
from campaign.delivery.deliver import DeliveryDependencies, DeliveryService
from campaign.delivery.deliver_digests import DigestDeliveryService
from campaign.delivery.digest_builder import DigestBuilder
from campaign.delivery.transports import TransportOptions
from campaign.exports import formats
from campaign.exports.build import ExportBuilder
from campaign.exports.formats.csv import pieces as separated
from campaign.exports.handover import HandoverPackWriter
from campaign.language.catalogue import SOURCE_LANGUAGE
from campaign.mail.smtp import SmtpConfig
from campaign.news.send import queue_next_batch
from campaign.operations.notices import OrganiserNotifier
from campaign.operations.outage import DatabaseDownAlert
from campaign.operations.rehearsals import RehearsalService
from campaign.operations.sender_check import SenderChecker
from campaign.operations.watch import HealthAlert
from campaign.privacy.retention import Eraser
from campaign.worker import SlowServices, Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign.container import Container
    from campaign.delivery.rules.delivery import Transport
    from campaign.settings.settings import Settings


def create_worker(
    container: Container,
    transport: Transport | None = None,
    ticks: Callable[[], float] = time.monotonic,
) -> Worker:
    settings = container.settings
    chosen = transport or create_transport(settings)
    pace = create_pace(container, live=chosen.live)
    dependencies = DeliveryDependencies(
        container.database, chosen, worker_name(), pace, container.clock, container.metrics
    )
    digest_builder = DigestBuilder(
        container.message_builder, container.letter_builder, container.pdf_renderer, separated
    )
    delivery_services = (
        DeliveryService(
            dependencies, container.message_builder, container.mailer, queue_next_batch
        ),
        DigestDeliveryService(dependencies, digest_builder),
    )
    services = SlowServices(
        create_export_builder(container),
        create_retention_eraser(container),
        ScheduledPublisher(container.database, container.bundle_context, container.clock),
        OrganiserNotifier(container.database, container.campaign_cache, container.clock),
        SenderChecker(
            container.database,
            container.keyring,
            settings.operator.domain,
            container.clock,
            is_needed="smtp_host" in settings.transport_class.required_settings,
        ),
        RehearsalService(container.database, container.clock),
    )
    return Worker(dependencies, container.keyring, *delivery_services, services, ticks)


def create_health_alert(container: Container, transport: Transport | None = None) -> HealthAlert:
    settings = container.settings
    chosen = transport or create_transport(settings)
    return HealthAlert(
        container.database,
        container.keyring,
        chosen,
        settings.operator,
        container.message_builder.templates,
        container.languages[SOURCE_LANGUAGE],
    )


def create_database_down_alert(
    container: Container, transport: Transport | None = None
) -> DatabaseDownAlert:
    settings = container.settings
    mark = settings.instance / "database-down"
    chosen = transport or create_transport(settings)
    return DatabaseDownAlert(
        mark,
        chosen,
        settings.operator,
        container.message_builder.templates,
        container.languages[SOURCE_LANGUAGE],
    )


def worker_name() -> str:
    """Return a name that is unique to this worker, even after a restart."""
    return f"{socket.gethostname()[:30]}-{os.getpid()}-{secrets.token_hex(3)}"


def create_handover_pack_writer(container: Container) -> HandoverPackWriter:
    return HandoverPackWriter(
        keyring=container.keyring,
        pdf_renderer=container.pdf_renderer,
        languages=container.languages,
        operator=container.settings.operator,
        campaign_cache=container.campaign_cache,
        encode_table=formats.load("csv").pieces,
    )


def create_retention_eraser(container: Container) -> Eraser:
    return Eraser(
        container.database,
        container.campaign_cache,
        erasure_ledger(container.settings),
        container.clock,
    )


def create_export_builder(container: Container) -> ExportBuilder:
    return ExportBuilder(
        database=container.database,
        keyring=container.keyring,
        campaign_cache=container.campaign_cache,
        load_format=formats.load,
        pack_writer=create_handover_pack_writer(container),
        letter_builder=container.letter_builder,
        folder=exports_folder(container.settings),
        name=worker_name(),
        clock=container.clock,
    )


def create_transport(settings: Settings) -> Transport:
    """Return the configured transport, ready to connect."""
    return settings.transport_class.from_options(transport_options(settings))


def transport_options(settings: Settings) -> TransportOptions:
    server = SmtpConfig(
        host=settings.smtp_host,
        port=settings.smtp_port,
        tls=settings.smtp_tls,
        user=settings.smtp_user,
        password=settings.smtp_password,
        ca_file=settings.smtp_ca_file,
    )
    return TransportOptions(outbox_folder(settings), server, settings.rehearsal_address)
