"""`manage.py project`: run a projector until SIGTERM or SIGINT."""

import signal
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from prometheus_client import start_http_server

from echomate.config import config
from echomate.stream.projector import Projector


class Command(BaseCommand):
    help = (
        "Read the table's stream and keep counters, timelines, caches and jobs up with it. Several may run and "
        "share the shards. SIGTERM and SIGINT end it in order: it reads what there is and gives its leases back."
    )
    requires_system_checks = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        projector = Projector()

        def stop(_signal: int, _frame: FrameType | None) -> None:
            projector.stop()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        if config.projector_metrics_port:
            try:
                start_http_server(config.projector_metrics_port)
            except OSError as error:
                raise CommandError(
                    f"PROJECTOR_METRICS_PORT {config.projector_metrics_port}: {error.strerror}"
                ) from error
        projector.run()
