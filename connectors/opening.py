"""The composition root: settings in, adapters out; for commands, worker and tests.

Adapters are opened when they are first asked for, so a command that needs no S3 loads no S3 library.
"""
# ruff: noqa: PLC0415

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.configuration import EXPECTED, WrongSetting, home, load_environment, read_file, settings
from connectors.errors import NotFound, Rejected, Unauthorized
from connectors.farewells_opened import FarewellConnections
from models.inventory import Inventory, read_inventory
from models.policy import Policy, read_policy
from models.settings import Settings

if TYPE_CHECKING:
    from pydantic import SecretStr
    from sqlalchemy import Engine
    from temporalio.client import Client

    from connectors.messenger import ChannelMessenger
    from connectors.ports.access import AccessSystem, IdentitySystem
    from connectors.ports.company import BillingSystem, ContractSystem
    from connectors.ports.outside import Histories, SubProcessors
    from connectors.ports.own import CaseStore, Directory, Ledger, Outbox
    from connectors.ports.product import ProductDatabase
    from connectors.ports.storage import KeyStore
    from connectors.s3 import S3ObjectStore
    from connectors.webhooks.sender import Sender

__all__ = ["Connections", "WrongSetting", "connect_temporal", "home", "load_environment", "opened", "settings"]


def opened(folder: Path | None = None) -> "Connections":
    """The connections of the environment and of `<folder>/environment`.

    Raises:
        WrongSetting: a setting is missing or of another form.
    """
    load_environment(folder or home())
    return Connections(settings())


class Connections(FarewellConnections):
    """Every adapter that the settings name, opened on first use. Raises WrongSetting or ConnectorError then."""

    def __init__(self, settings: Settings) -> None:
        """Opens nothing yet."""
        self.settings = settings

    @cached_property
    def engine(self) -> "Engine":
        """Farewell's own database; what is personal in it is sealed."""
        return _database("FAREWELL_DATABASE_URL", self.settings.database_url, self.keys)

    @cached_property
    def cases(self) -> "CaseStore":
        """Cases, plans, decisions, documents, holds."""
        from connectors.store.cases import SqlCaseStore

        return SqlCaseStore(self.engine)

    @cached_property
    def directory(self) -> "Directory":
        """Accounts, contacts, contracts, people."""
        from connectors.store.directory import SqlDirectory

        return SqlDirectory(self.engine)

    @cached_property
    def ledger(self) -> "Ledger":
        """The chain."""
        from connectors.store.ledger import SqlLedger

        return SqlLedger(self.engine)

    @cached_property
    def outbox(self) -> "Outbox":
        """Messages, before and after they left."""
        from connectors.store.outbox import SqlOutbox

        return SqlOutbox(self.engine)

    @cached_property
    def contracts(self) -> "ContractSystem":
        """The contract system that `FAREWELL_CONTRACTS` names."""
        if self.settings.contracts == "webhook":
            from connectors.webhooks.contracts import WebhookContracts

            return WebhookContracts(self._sender("contracts"))
        from connectors.builtin.contract import BuiltinContracts

        return BuiltinContracts(self.engine)

    @cached_property
    def billing(self) -> "BillingSystem":
        """The billing system that `FAREWELL_BILLING` names."""
        if self.settings.billing == "stripe":
            return self._stripe()
        from connectors.builtin.billing import BuiltinBilling

        return BuiltinBilling(self.engine)

    @cached_property
    def identity(self) -> "IdentitySystem":
        """The identity system that `FAREWELL_IDENTITY` names."""
        if self.settings.identity == "scim":
            return self._scim()
        from connectors.builtin.identity import BuiltinIdentity

        return BuiltinIdentity(self.engine)

    @cached_property
    def access(self) -> "AccessSystem":
        """Sessions, keys, hooks, grants, in the system that `FAREWELL_ACCESS` names."""
        if self.settings.access == "webhook":
            from connectors.webhooks.access import WebhookAccess

            return WebhookAccess(self._sender("access"))
        from connectors.builtin.access import BuiltinAccess

        return BuiltinAccess(self.engine)

    @cached_property
    def product(self) -> "ProductDatabase":
        """What is exported and erased."""
        from connectors.product import SqlProduct

        return SqlProduct(_database("FAREWELL_PRODUCT_DATABASE_URL", self.settings.product_database_url))

    @cached_property
    def objects(self) -> "S3ObjectStore":
        """S3; credentials by the AWS SDK's own chain."""
        from connectors.s3 import S3ObjectStore

        return S3ObjectStore.connect(self.settings.s3_endpoint_url, self.settings.s3_encryption)

    @cached_property
    def public_objects(self) -> "S3ObjectStore":
        """The same S3 by the address under which customers reach it; only for presigned links."""
        from connectors.s3 import S3ObjectStore

        return S3ObjectStore.connect(self.settings.s3_public_url or self.settings.s3_endpoint_url)

    @cached_property
    def messenger(self) -> "ChannelMessenger":
        """SMTP; and for SMS and WhatsApp a webhook, if there is one."""
        from connectors.messenger_opened import opened_messenger

        return opened_messenger(self.settings, self._sender)

    @cached_property
    def processors(self) -> "SubProcessors":
        """Whoever got data of accounts, and is asked to erase it."""
        from connectors.processors_opened import opened_processors

        return opened_processors(self.inventory, self.settings, self.messenger, self.policy.sender)

    @cached_property
    def keys(self) -> "KeyStore":
        """Wrapped keys."""
        from connectors.keys import FolderKeyStore

        try:
            return FolderKeyStore(
                self.settings.keys, self.settings.master_key.get_secret_value(), _old_keys(self.settings)
            )
        except Unauthorized as no:
            raise WrongSetting("", f"{no.what}; {no.fix}") from None

    @cached_property
    def histories(self) -> "Histories":
        """Temporal's histories, opened with our keys."""
        from connectors.histories import TemporalHistories

        return TemporalHistories(connect_temporal, self.keys)

    @cached_property
    def signer(self) -> str:
        """The private JWK that signs evidence, as JSON text."""
        from joserfc.errors import JoseError
        from joserfc.jwk import OKPKey

        signer = self.settings.signing_key.get_secret_value()
        try:
            private = OKPKey.import_key(json.loads(signer)).is_private
        except (JoseError, ValueError, TypeError, KeyError):
            private = False
        if not private:
            raise WrongSetting("FAREWELL_SIGNING_KEY", f"expected {EXPECTED['signing_key']}")
        return signer

    @cached_property
    def policy(self) -> Policy:
        """`policy.toml`, or what `FAREWELL_POLICY_FILE` names."""
        return read_file("FAREWELL_POLICY_FILE", self.settings.policy_file, read_policy)

    @cached_property
    def inventory(self) -> Inventory:
        """`inventory.toml`, or what `FAREWELL_INVENTORY_FILE` names."""
        return read_file("FAREWELL_INVENTORY_FILE", self.settings.inventory_file, read_inventory)

    def _stripe(self) -> "BillingSystem":
        from connectors.stripe.billing import StripeBilling
        from connectors.stripe.client import open_client

        key = self.settings.stripe_key
        if key is None:  # the settings see to it
            raise WrongSetting("FAREWELL_STRIPE_KEY", f"expected {EXPECTED['stripe_key']}")
        client = open_client(key.get_secret_value(), self.settings.stripe_url)
        return StripeBilling(client, self._customer_of)

    def _sender(self, system: str) -> "Sender":
        """Signed requests to the system's webhook; raises WrongSetting."""
        from connectors.webhooks.sender import Sender

        url: str | None = getattr(self.settings, f"{system}_webhook_url")
        secret: SecretStr | None = getattr(self.settings, f"{system}_webhook_secret")
        try:
            return Sender(
                url or "", secret.get_secret_value() if secret else "", system, embedded=self.settings.embedded
            )
        except (Rejected, Unauthorized) as no:
            part = "URL" if isinstance(no, Rejected) else "SECRET"
            raise WrongSetting(f"FAREWELL_{system.upper()}_WEBHOOK_{part}", f"{no.what}; {no.fix}") from None

    def _scim(self) -> "IdentitySystem":
        from connectors.scim.identity import ScimIdentity
        from connectors.scim.place import read_place

        try:
            place = read_place(self.settings)
        except ValueError as wrong:
            raise WrongSetting(*wrong.args) from None
        return ScimIdentity(place, self.engine, self._export_contact)

    def _export_contact(self, account: str) -> str | None:
        """The mail address of the one who keeps access until retrieval ends. Source: DOMAIN identity.2."""
        mails = {contact.kind: contact.email for contact in self.directory.facts(account).contacts}
        return mails.get("export") or mails.get("main")

    def _customer_of(self, account: str) -> str:
        """The account's customer at the payment provider."""
        known = self.directory.facts(account).account.billing_id
        if known is None:
            fix = "import it with its billing_id, the customer's id at Stripe (cus_…)"
            raise NotFound("stripe", f"account {account} has no billing_id", fix)
        return known


async def connect_temporal(keys: "KeyStore") -> "Client":
    """A client of Temporal, whose payloads these keys seal; raises Unavailable."""
    from connectors import temporal

    return await temporal.connect_temporal(keys)


@contextmanager
def engine_at(option: str, url: str) -> "Iterator[Engine]":
    """The database at the URL that an option names, for as long as the block; raises WrongSetting."""
    file = url.partition("?")[0].removeprefix("sqlite:///")
    if url.startswith("sqlite:///") and not Path(file).exists():  # SQLite would make one
        raise WrongSetting(option, f"there is no file {file}")
    engine = _database(option, url)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def product_at(option: str, url: str) -> "Iterator[ProductDatabase]":
    """A product's database at the URL that an option names; raises WrongSetting."""
    from connectors.product import SqlProduct

    with engine_at(option, url) as engine:
        yield SqlProduct(engine)


def _old_keys(settings: Settings) -> tuple[str, ...]:
    old = settings.master_key_old
    return tuple(key.strip() for key in old.get_secret_value().split(",") if key.strip()) if old else ()


def _database(name: str, url: str, keys: "KeyStore | None" = None) -> "Engine":
    """The database of the setting `name`; a URL of another form is a wrong setting, no outside failure."""
    from connectors.store.engine import open_engine

    try:
        return open_engine(url, keys)
    except Rejected as no:
        raise WrongSetting(name, f"{no.what}; {no.fix}") from None
