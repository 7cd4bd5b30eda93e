"""What is counted, for the ops listener's /metrics. One object, made in the wiring room."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bot.domain.audit import AuditKind

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._commands = Counter(
            "countersign_commands", "Commands by verb.", ["verb"], registry=self.registry
        )
        self._acks = Histogram(
            "countersign_ack_seconds",
            "From the arrival of a Slack request to its acknowledgement.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._clouds = Histogram(
            "countersign_cloud_seconds",
            "Calls to a cloud by account, operation and outcome.",
            ["account", "operation", "outcome"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._records = Counter(
            "countersign_records",
            "Audit records since the start by kind: look-ups, decisions, what became of requests,"
            " digests.",
            ["kind"],
            registry=self.registry,
        )
        for kind in AuditKind:  # a counter that begins at 1 shows no increase
            self._records.labels(kind.value)
        self._requests = Gauge(
            "countersign_open_requests",
            "Approval requests that are open, by status.",
            ["status"],
            registry=self.registry,
        )
        self._owed = Gauge(
            "countersign_outbox_messages",
            "Messages owed to Slack, by lane.",
            ["lane"],
            registry=self.registry,
        )
        self._owed_age = Gauge(
            "countersign_outbox_oldest_seconds",
            "How long the oldest message of a lane has been owed.",
            ["lane"],
            registry=self.registry,
        )
        self._loop_late = Histogram(
            "countersign_loop_late_seconds",
            "How late the event loop comes back from a short sleep.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._sockets = Gauge(
            "countersign_socket_connections",
            "Connections on the app token as Slack counts them, ours included; 0 in HTTP mode.",
            registry=self.registry,
        )
        self._ready = Gauge(
            "countersign_ready",
            "1 when a readiness check is green.",
            ["check"],
            registry=self.registry,
        )

    def command(self, verb: str) -> None:
        self._commands.labels(verb).inc()

    def ack(self, seconds: float) -> None:
        self._acks.observe(seconds)

    def cloud_call(self, account: str, operation: str, seconds: float, outcome: str) -> None:
        self._clouds.labels(account, operation, outcome).observe(seconds)

    def ready(self, check: str, *, ok: bool) -> None:
        self._ready.labels(check).set(1 if ok else 0)

    def recorded(self, kind: str, count: int) -> None:
        self._records.labels(kind).inc(count)

    def requests(self, status: str, count: int) -> None:
        self._requests.labels(status).set(count)

    def owed(self, lane: str, count: int, oldest_s: float) -> None:
        self._owed.labels(lane).set(count)
        self._owed_age.labels(lane).set(oldest_s)

    def loop_late(self, seconds: float) -> None:
        self._loop_late.observe(seconds)

    def sockets(self, count: int) -> None:
        self._sockets.set(count)

    def render(self) -> bytes:
        """The Prometheus text format."""
        return generate_latest(self.registry)
