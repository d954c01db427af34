"""Checks every connection, and says what is wrong and how to mend it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import typer

from commands.options import Json
from commands.printing import say, show
from commands.refused import Exit

if TYPE_CHECKING:
    from connectors.opening import Connections


class Finding(NamedTuple):
    """One check: what is wrong (empty: nothing), and how to mend it."""

    check: str
    wrong: str = ""
    fix: str = ""


def mount(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(doctor)


def doctor(as_json: Json = False) -> None:
    """Check settings, databases, billing, S3, SMTP, Temporal, keys, policy, inventory and messages."""
    findings = examine()
    if as_json:
        show([{"check": f.check, "ok": not f.wrong, "wrong": f.wrong, "fix": f.fix} for f in findings])
    else:
        for finding in findings:
            say(_line(finding))
    if any(finding.wrong for finding in findings):
        raise typer.Exit(Exit.WRONG)


def examine() -> list[Finding]:
    """Every check, in the order in which one rests on another."""
    from commands.session import connections
    from connectors.configuration import WrongSetting
    from connectors.errors import ConnectorError

    try:
        at = connections()
    except WrongSetting as wrong:
        return [Finding("settings", str(wrong), "farewell up sets everything for the embedded stack")]
    except ConnectorError as error:
        return [Finding("settings", str(error), error.fix)]
    return [Finding("settings"), *(_examined(name, check, at) for name, check in _CHECKS.items())]


def _examined(name: str, check: Callable[["Connections"], None], at: "Connections") -> Finding:
    from connectors.configuration import WrongSetting
    from connectors.errors import ConnectorError

    try:
        check(at)
    except WrongSetting as wrong:
        return Finding(name, str(wrong), "correct the setting")
    except ConnectorError as error:
        return Finding(name, error.what, error.fix)
    return Finding(name)


def _line(finding: Finding) -> str:
    if not finding.wrong:
        return f"ok     {finding.check}"
    return f"wrong  {finding.check}: {finding.wrong}" + (f"; to mend it: {finding.fix}" if finding.fix else "")


def _database(at: "Connections") -> None:
    """It answers, and its schema is this version's."""
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    from connectors.errors import Rejected
    from connectors.store.engine import MIGRATIONS

    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with at.engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    newest = ScriptDirectory.from_config(settings).get_current_head()
    if present != newest:
        what = f"its schema is {present or 'empty'}, this version needs {newest}"
        raise Rejected("database", what, "farewell setup")


def _ledger(at: "Connections") -> None:
    """We can add to it and read it, and can't change it."""
    from connectors.errors import Rejected
    from connectors.store.roles import power_over_ledger

    if power := power_over_ledger(at.engine):
        fix = "its owner runs `farewell database migrate` and `farewell database grant ROLE`; connect as that role"
        raise Rejected("ledger", f"it could be changed: {power}", fix)


def _product(at: "Connections") -> None:
    """It answers, and it is what the inventory describes."""
    from connectors.errors import Rejected
    from rules.inventory_check import findings

    found = findings(at.inventory, at.product.schema())
    if found:
        what = f"{len(found)} findings of the inventory in it, the first: {found[0].in_short}"
        raise Rejected("product database", what, "farewell inventory check lists them all, with what to write")


def _billing(at: "Connections") -> None:
    at.billing.check()


def _identity(at: "Connections") -> None:
    at.identity.check()


def _access(at: "Connections") -> None:
    at.access.check()


def _contracts(at: "Connections") -> None:
    at.contracts.check()


def _export_bucket(at: "Connections") -> None:
    at.objects.check(at.settings.s3_export_bucket, locked=False)


def _evidence_bucket(at: "Connections") -> None:
    at.objects.check(at.settings.s3_evidence_bucket, locked=True)


def _mail(at: "Connections") -> None:
    at.messenger.check()


def _texts(at: "Connections") -> None:
    """SMS and WhatsApp: without a webhook they fall back to mail, which is no fault."""
    at.messenger.check_texts()


def _suppression(at: "Connections") -> None:
    """Without the list nobody could be left in peace, so nothing goes that the law doesn't require."""
    from connectors.configuration import EXPECTED, WrongSetting

    if at.suppression is None:
        what = f"it isn't set, so no thanks, no reminder and no offer is sent; {EXPECTED['suppression_key']}"
        raise WrongSetting("FAREWELL_SUPPRESSION_KEY", what)
    at.suppression.check()


def _mail_webhook(at: "Connections") -> None:
    from connectors.configuration import EXPECTED, WrongSetting
    from connectors.errors import Unauthorized
    from connectors.webhooks.sender import signers_of

    secret = at.settings.mail_webhook_secret
    try:
        _ = signers_of(secret.get_secret_value(), "mail webhook") if secret else None
    except Unauthorized:
        raise WrongSetting("FAREWELL_MAIL_WEBHOOK_SECRET", f"expected {EXPECTED['mail_webhook_secret']}") from None


def _temporal(at: "Connections") -> None:
    import asyncio

    asyncio.run(_attributes_known(at))


async def _attributes_known(at: "Connections") -> None:
    """The server answers, and every search attribute of CONTRACTS is registered."""
    from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
    from temporalio.service import RPCError

    from connectors.errors import Rejected
    from connectors.temporal import SEARCH_ATTRIBUTES, connect_temporal

    client = await connect_temporal(at.keys)
    try:
        request = ListSearchAttributesRequest(namespace=client.namespace)
        known = (await client.operator_service.list_search_attributes(request)).custom_attributes
    except RPCError as error:
        raise Rejected("Temporal", error.message, "check TEMPORAL_NAMESPACE and its credentials") from None
    missing = sorted(SEARCH_ATTRIBUTES.keys() - known.keys())
    if missing:
        raise Rejected("Temporal", f"search attributes are missing: {', '.join(missing)}", "farewell setup")


def _keys(at: "Connections") -> None:
    """The folder can be used, the master key opens all that is in it, the signing key is one."""
    at.keys.check()
    _ = at.signer


def _policy(at: "Connections") -> None:
    from commands.session import sound_policy

    sound_policy(at)


def _messages(at: "Connections") -> None:
    """The operator's own copies can be used; without any there is nothing to look at."""
    from activities.catalogue_faults import faults
    from connectors.configuration import refuse_faults

    if at.settings.messages_folder:
        refuse_faults("FAREWELL_MESSAGES_FOLDER", faults(at.settings.messages_folder), "farewell message check")


def _inventory(at: "Connections") -> None:
    _ = at.inventory


_CHECKS: dict[str, Callable[["Connections"], None]] = {
    "policy": _policy,
    "inventory": _inventory,
    "messages": _messages,
    "keys": _keys,
    "database": _database,
    "ledger": _ledger,
    "product database": _product,
    "billing": _billing,
    "identity": _identity,
    "access": _access,
    "contracts": _contracts,
    "bucket for packages": _export_bucket,
    "bucket for evidence": _evidence_bucket,
    "mail": _mail,
    "what comes back of mails": _mail_webhook,
    "who isn't written to": _suppression,
    "SMS and WhatsApp": _texts,
    "Temporal": _temporal,
}
