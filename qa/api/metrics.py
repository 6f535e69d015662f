"""What Prometheus reads at ``/metrics``."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from qa.api.live import LiveAnswerer
from qa.api.middleware.request_log import Noted
from qa.types import Answer

MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Meters:
    """The counters of one application."""

    def __init__(self, live: LiveAnswerer) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_State(live))
        self._requests = Counter(
            "pincite_requests", "Requests answered.", ("method", "route", "status"), registry=self._registry
        )
        # Who may change documents is trusted, and few: their names and addresses fill no memory.
        self._changes = Counter(
            "pincite_changes",
            "Changes of documents, by who made them.",
            ("method", "key", "client"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "pincite_request_seconds", "How long requests took.", ("route",), buckets=_BUCKETS, registry=self._registry
        )
        self._stages = Histogram(
            "pincite_stage_seconds",
            "How long each stage of a question took.",
            ("stage",),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._answers = Counter("pincite_answers", "Questions answered with a citation.", registry=self._registry)
        self._abstentions = Counter(
            "pincite_abstentions", "Questions not answered.", ("reason",), registry=self._registry
        )

    def requested(self, noted: Noted) -> None:
        """Count a request. A method that nobody knows is counted as another."""
        known = noted.method if noted.method in {"GET", "HEAD", "POST", "DELETE", "OPTIONS"} else "other"
        self._requests.labels(known, noted.route, str(noted.status)).inc()
        self._seconds.labels(noted.route).observe(noted.seconds)
        if known in {"POST", "DELETE"} and noted.route.startswith("/v1/documents") and noted.status < 400:
            self._changes.labels(known, noted.key, noted.client).inc()

    def answered(self, answer: Answer) -> None:
        """Count an answer or an abstention, and the time of its stages."""
        for stage, milliseconds in answer.timings.items():
            self._stages.labels(stage).observe(milliseconds / 1000)
        if answer.abstained:
            self._abstentions.labels(answer.reason or "none").inc()
        else:
            self._answers.inc()

    def page(self) -> bytes:
        """The text that Prometheus reads."""
        return generate_latest(self._registry)


class _State(Collector):
    """Read when it is asked for, so that it is never stale."""

    def __init__(self, live: LiveAnswerer) -> None:
        self._live = live

    def collect(self) -> Iterator[Metric]:
        """The line and the index as they are now."""
        index = self._live.index
        yield _gauge("pincite_questions_at_work", "Questions that are being answered.", self._live.queue.running)
        yield _gauge("pincite_questions_waiting", "Questions that wait in line.", self._live.queue.waiting)
        yield _gauge("pincite_documents", "Documents in the index.", len(index.documents))
        yield _gauge("pincite_passages", "Passages in the index.", len(index.passages))
        info = GaugeMetricFamily("pincite_index_info", "The index that answers.", labels=("generation", "encoder"))
        info.add_metric((index.generation, index.encoder.name), 1)
        yield info

    def describe(self) -> Iterator[Metric]:
        """Nothing: registering must not read the index."""
        return iter(())


def _gauge(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(name, what, value)
