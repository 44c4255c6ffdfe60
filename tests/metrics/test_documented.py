"""The sample alerts, the dashboard and the docs name the metrics that there are."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from prometheus_client import Metric

from seatsync.ledger.database import Ledger
from seatsync.metrics.endpoint import new_registry
from seatsync.metrics.of_ledger import LedgerMetrics
from seatsync.metrics.of_process import Requests, Sent
from tests.metrics.scraping import locked
from tests.support import letters
from tests.support.databases import location
from tests.support.letters import ANN, applied
from tests.support.paths import ROOT

ALERTS, DASHBOARD, PAGE = (ROOT / "docs" / name for name in ("alerts.yaml", "dashboard.json", "operations.md"))
PROMTOOL = shutil.which("promtool")
school = letters.school


@pytest.fixture
def metrics(school: Path) -> list[Metric]:
    """Everything that servers and senders give, of a ledger where letters wait and somebody writes."""
    applied(school, ANN)
    registry = new_registry()
    sent = Sent(registry)
    sent.count("sent")
    Requests(registry).took("home", "GET", 200, 0.1)
    registry.register(LedgerMetrics(Ledger(location(school)), lambda: datetime.now(UTC), by_institution=True))
    with locked(school):
        return list(registry.collect())


def test_alerts_and_dashboard_ask_for_metrics_that_there_are(metrics: list[Metric]) -> None:
    given = {sample.name for metric in metrics for sample in metric.samples}
    asked = {name for expression in _expressions() for name in re.findall(r"\b(?:seatsync|process)_\w+", expression)}
    assert len(asked) > 15
    assert sorted(asked - given) == []


def test_alerts_and_dashboard_ask_for_labels_that_there_are(metrics: list[Metric]) -> None:
    given = {label for metric in metrics for sample in metric.samples for label in sample.labels} | {"instance", "job"}
    expressions = _expressions()
    asked = {name for one in expressions for group in re.findall(r"by \((.*?)\)", one) for name in group.split(", ")}
    asked |= {name for one in expressions for name in re.findall(r"(\w+)(?:=~|!=|=)\"", one)}
    assert sorted(asked - given - {"le"}) == []


def test_the_page_lists_every_metric(metrics: list[Metric]) -> None:
    listed = re.findall(r"^\| `(seatsync_\w+)", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(_shown(metric) for metric in metrics if metric.name.startswith("seatsync_"))


def test_the_page_names_every_alert() -> None:
    listed = re.findall(r"^\| `(Seatsync\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert listed == [rule["alert"] for rule in _rules()]


def test_every_alert_that_names_a_runbook_names_one_that_there_is() -> None:
    headings = re.findall(r"^## (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    named = [
        name
        for rule in _rules()
        if rule["annotations"]["help"].startswith("docs/operations.md")
        for name in re.findall(r'"(.+?)"', rule["annotations"]["help"])
    ]
    assert named
    assert set(named) <= set(headings)


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not on this machine: alerts are not tested with Prometheus")
def test_prometheus_understands_the_alerts_and_gives_them_when_it_should() -> None:
    for check in (["check", "rules", str(ALERTS)], ["test", "rules", str(Path(__file__).parent / "alerts.test.yaml")]):
        told = subprocess.run([str(PROMTOOL), *check], capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stdout + told.stderr


def _rules() -> list[dict[str, dict[str, str]]]:
    return [rule for group in yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]]


def _expressions() -> list[str]:
    return [*_of_dashboard(), *(str(rule["expr"]) for rule in _rules())]


def _of_dashboard() -> Iterator[str]:
    for panel in json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]:
        for target in panel["targets"]:
            yield target["expr"]


def _shown(metric: Metric) -> str:
    return metric.name + {"counter": "_total", "info": "_info"}.get(metric.type, "")
