"""Temporal on loopback, and how many actions it has counted. Source: STACK, Temporal server."""

import http.client
import json
import re
from datetime import timedelta
from pathlib import Path

from google.protobuf.duration_pb2 import Duration
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, UpdateNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from connectors.temporal import SEARCH_ATTRIBUTES
from devstack.ports import LOOPBACK
from devstack.processes import beside_python
from devstack.server import Server

NAMESPACE = "default"
RETENTION = timedelta(days=30)  # for looking around; the record is the ledger
# The server polls its queues 20 times a second where nothing else is said: 50 ms a step. Timers round to 1 s.
DYNAMIC_CONFIG = {
    "frontend.WorkflowTimeSkippingEnabled": True,
    "history.transferProcessorMaxPollRPS": 2000,
    "history.timerProcessorMaxPollRPS": 2000,
    "history.visibilityProcessorMaxPollRPS": 2000,
    "history.outboundProcessorMaxPollRPS": 2000,
    "history.timerProcessorMaxTimeShift": "1ms",
}


class TemporalServer(Server):
    """The Temporal server of the embedded stack. Its state lies in `<home>/temporal/temporal.db`."""

    name = "temporal"
    address_setting = "TEMPORAL_ADDRESS"
    port_names = ("grpc", "http", "metrics", "ui")
    # The client's first connection fails with a RuntimeError.
    not_yet = (RPCError, RuntimeError)

    def __init__(self, home: Path, ports: dict[str, int]) -> None:
        """`ports` by the names in `port_names`; `codec_url` is what the server's page asks to decode, if set."""
        self._home, self._ports = home / "temporal", ports
        self._address = f"{LOOPBACK}:{ports['grpc']}"
        self.metrics_port = ports["metrics"]
        self.ui_url = f"http://{LOOPBACK}:{ports['ui']}"
        self.codec_url = ""

    def command(self) -> list[str]:
        """The child process; makes its folder."""
        self._home.mkdir(parents=True, exist_ok=True)
        start = [beside_python("temporal"), "server", "start-dev", "--ip", LOOPBACK]
        state = ["--db-filename", str(self._home / "temporal.db"), "--ui-disable-news-fetch"]
        log = ["--log-level", "warn", "--log-format", "json"]
        page = ["--ui-codec-endpoint", self.codec_url] if self.codec_url else []
        return [*start, *state, *log, *page, *self._port_options(), *_configuration()]

    async def probe(self) -> None:
        """The store keeps what it is told, visibility answers, our search attributes are known."""
        client = await Client.connect(self._address, namespace=NAMESPACE)
        await _keep_closed_cases(client)
        await client.count_workflows()
        known = await client.operator_service.list_search_attributes(ListSearchAttributesRequest(namespace=NAMESPACE))
        missing = SEARCH_ATTRIBUTES.keys() - known.custom_attributes.keys()
        if missing:
            raise RuntimeError(f"search attributes missing: {', '.join(sorted(missing))}")

    def settings(self) -> dict[str, str]:
        """How to find it."""
        return {self.address_setting: self._address}

    def _port_options(self) -> list[str]:
        options = {"--port": "grpc", "--http-port": "http", "--metrics-port": "metrics", "--ui-port": "ui"}
        return [word for option, name in options.items() for word in (option, str(self._ports[name]))]


def actions(metrics_port: int) -> int:
    """How many actions the server has counted in our namespace since it was started; it is up to a second behind."""
    connection = http.client.HTTPConnection(LOOPBACK, metrics_port, timeout=5)
    try:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    finally:
        connection.close()
    return sum(int(float(value)) for value in re.findall(_ACTION, text))


_ACTION = re.compile(rf'^action\{{[^}}]*namespace="{NAMESPACE}"[^}}]*\}} (\S+)$', re.MULTILINE)


def _configuration() -> list[str]:
    words = []
    for attribute, kind in SEARCH_ATTRIBUTES.items():
        words += ["--search-attribute", f"{attribute}={kind}"]
    for key, value in DYNAMIC_CONFIG.items():
        words += ["--dynamic-config-value", f"{key}={json.dumps(value)}"]
    return words


async def _keep_closed_cases(client: Client) -> None:
    """Raises the namespace's retention where it is shorter; the server's own is a day."""
    service = client.workflow_service
    now = await service.describe_namespace(DescribeNamespaceRequest(namespace=NAMESPACE))
    if now.config.workflow_execution_retention_ttl.ToTimedelta() >= RETENTION:
        return
    retention = Duration()
    retention.FromTimedelta(RETENTION)
    config = NamespaceConfig(workflow_execution_retention_ttl=retention)
    await service.update_namespace(UpdateNamespaceRequest(namespace=NAMESPACE, config=config))
