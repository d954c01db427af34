"""The one place that connects to Temporal, with the one way in which payloads are written."""

import asyncio
from dataclasses import replace
from typing import Final

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes
from temporalio.envconfig import ClientConfig
from temporalio.service import RPCError

from connectors.codec import AccountCodec
from connectors.errors import Unavailable
from connectors.ports.storage import KeyStore

SYSTEM: Final = "Temporal"
OFFBOARDING_QUEUE: Final = "offboarding"
EXPORT_QUEUE: Final = "export"
DEFAULT_ADDRESS: Final = "localhost:7233"
# Source: CONTRACTS, Temporal.
SEARCH_ATTRIBUTES: Final = {
    "FarewellAccount": "Keyword",
    "FarewellStage": "Keyword",
    "FarewellMode": "Keyword",
    "FarewellManager": "Keyword",
    "FarewellWaitingFor": "Keyword",
    "FarewellEffectiveDate": "Datetime",
}
_PATIENCE_SECONDS: Final = 5.0


def data_converter(keys: KeyStore) -> DataConverter:
    """Pydantic's JSON, sealed; an error's text and stack trace too. Source: DESIGN, Security."""
    return replace(
        pydantic_data_converter,
        payload_codec=AccountCodec(keys),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


async def connect_temporal(keys: KeyStore) -> Client:
    """A client by Temporal's own profiles (`TEMPORAL_ADDRESS`, …), so that mTLS or an API key just works.

    What it sends is sealed by the key of the workflow that it's for.

    Raises:
        Unavailable: nobody answers there within five seconds; retryable.
    """
    config = ClientConfig.load_client_connect_config()
    address = config.setdefault("target_host", DEFAULT_ADDRESS)
    connecting = Client.connect(**config, data_converter=data_converter(keys))
    try:
        return await asyncio.wait_for(connecting, _PATIENCE_SECONDS)
    # A server that refuses the connection is a bare RuntimeError of the SDK's core.
    except (RuntimeError, RPCError, TimeoutError):
        fix = "check TEMPORAL_ADDRESS, or start the embedded one: farewell up"
        raise Unavailable(SYSTEM, f"no server answers at {address}", fix) from None
