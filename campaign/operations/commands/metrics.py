"""`campaign metrics`: metrics for Prometheus, on a port of its own."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import click
from sqlalchemy.exc import OperationalError

from campaign import logs
from campaign.cli.options import open_container
from campaign.container import TOTALS_CACHE_SECONDS
from campaign.operations.metrics import collect_gauges, replica_gauges
from campaign.operations.totals_cache import TotalsCache
from campaign.store.database import database_error_code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prometheus_client.core import GaugeMetricFamily

    from campaign.container import Container

log = logs.get_logger(__name__)


@click.command()
@click.option("--host", default="127.0.0.1", help="Where to listen. [default: 127.0.0.1]")
@click.option("--port", default=9464, type=click.IntRange(0, 65535), help="[default: 9464]")
@click.pass_context
def metrics(context: click.Context, host: str, port: int) -> None:
    """Serve metrics to Prometheus: of the site, and of its processes on this machine.

    Use a private port: the metrics contain no personal data, but they are nobody else's business.
    """
    # Imported here because only this command needs it.
    from prometheus_client import start_http_server  # noqa: PLC0415

    from campaign.operations.prometheus import load_registry  # noqa: PLC0415

    ended: Callable[[], bool] = context.obj or threading.Event().wait
    with open_container() as container:
        if container.settings.metrics is None:
            raise click.UsageError("CAMPAIGN_METRICS names no folder")
        registry = load_registry(container.settings.metrics)
        registry.register(SiteCollector(container))
        server, thread = start_http_server(port, host, registry)
        click.echo(f"http://{host}:{server.server_port}/metrics")
        try:
            ended()
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class SiteCollector:
    """Collector that queries the database at each scrape."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._sums = TotalsCache(TOTALS_CACHE_SECONDS)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415

        container = self._container
        up = GaugeMetricFamily("campaign_database_up", "Whether the database answers: 1 or 0.")
        try:
            with container.database.reading() as session:
                found = list(
                    collect_gauges(session, container.campaign_cache, self._sums, container.clock())
                )
            found += replica_gauges(container.database.replica_health())
        except OperationalError as error:
            # The processes' counters are served all the same, and an alert covers the outage.
            log.warning(
                "database unavailable, its metrics are missing", error=database_error_code(error)
            )
            up.add_metric((), 0)
            yield up
            return
        up.add_metric((), 1)
        yield up
        for gauge in found:
            family = GaugeMetricFamily(gauge.name, gauge.documentation, labels=gauge.labels)
            for labels, value in gauge.values:
                family.add_metric(labels, value)
            yield family
