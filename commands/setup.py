"""Makes what Farewell needs where it runs for real. Beside another, or again, it changes nothing."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from commands.options import Json
from commands.printing import say, show

if TYPE_CHECKING:
    from connectors.opening import Connections


def mount(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(setup)


def setup(as_json: Json = False) -> None:
    """Make what is missing: tables, buckets, search attributes; what is there stays as it is."""
    from connectors.opening import home, opened

    # Not by `commands.session`, which makes the sample company where nothing is set.
    at = opened(home())
    made = {name: make(at) for name, make in _STEPS.items()}
    if as_json:
        show(made)
    else:
        for name, new in made.items():
            say(f"{name}: {', '.join(new) + ' made' if new else 'nothing was missing'}")


def make_tables(at: "Connections") -> list[str]:
    """Brings Farewell's own database to this version's form; the tables that are new."""
    from sqlalchemy import inspect

    from connectors.store.engine import migrate

    before = set(inspect(at.engine).get_table_names())
    migrate(at.engine)
    return sorted(set(inspect(at.engine).get_table_names()) - before)


def _buckets(at: "Connections") -> list[str]:
    wanted = {at.settings.s3_export_bucket: False, at.settings.s3_evidence_bucket: True}
    return [bucket for bucket, locked in wanted.items() if at.objects.make(bucket, locked=locked)]


def _search_attributes(at: "Connections") -> list[str]:
    import asyncio

    return asyncio.run(_registered(at))


async def _registered(at: "Connections") -> list[str]:
    """Registers what the namespace lacks. Raises Rejected where it isn't there or not for us."""
    from temporalio.api.enums.v1 import IndexedValueType
    from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
    from temporalio.service import RPCError

    from connectors.errors import Rejected
    from connectors.temporal import SEARCH_ATTRIBUTES, connect_temporal

    client = await connect_temporal(at.keys)
    operator, namespace = client.operator_service, client.namespace
    try:
        answer = await operator.list_search_attributes(ListSearchAttributesRequest(namespace=namespace))
        missing = sorted(SEARCH_ATTRIBUTES.keys() - answer.custom_attributes.keys())
        types = {name: IndexedValueType.Value(_type(SEARCH_ATTRIBUTES[name])) for name in missing}
        if missing:
            request = AddSearchAttributesRequest(namespace=namespace, search_attributes=types)
            await operator.add_search_attributes(request)
    except RPCError as error:
        raise Rejected("Temporal", error.message, "check TEMPORAL_NAMESPACE and its credentials") from None
    return missing


def _type(name: str) -> str:
    """The wire's name of a type: Keyword is INDEXED_VALUE_TYPE_KEYWORD."""
    return f"INDEXED_VALUE_TYPE_{name.upper()}"


_STEPS: dict[str, Callable[["Connections"], list[str]]] = {
    "tables": make_tables,
    "buckets": _buckets,
    "search attributes": _search_attributes,
}
