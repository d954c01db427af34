"""The keys: which there are, new ones, and what wraps them. Source: DESIGN, Security, Keys."""

import typer

from commands.options import AccountArgument, Json
from commands.printing import console, say, show, table
from commands.refused import Exit, Refused


def mount(app: typer.Typer) -> None:
    """Adds the commands."""
    keys = typer.Typer(
        help="List keys, make new ones, wrap them anew, publish those that verify.", no_args_is_help=True
    )
    keys.command("list")(list_keys)
    keys.command()(rotate)
    keys.command()(rewrap)
    keys.command()(publish)
    app.add_typer(keys, name="keys")


def list_keys(as_json: Json = False) -> None:
    """List the keys that stand, and by which master key each is wrapped; no key is opened."""
    from commands.session import connections

    found = connections().keys.keys()
    if as_json:
        show([key.model_dump(mode="json") for key in found])
    elif not found:
        say("no keys; an account's is made when something of it is first written")
    else:
        ends = {True: "once its workflow has closed", False: ""}
        rows = [[key.id, f"{key.made_at:%Y-%m-%d}", key.wrapped_by, ends[key.may_end]] for key in found]
        console().print(table(("key", "made", "wrapped by", "ends"), rows))


def rotate(account: AccountArgument, as_json: Json = False) -> None:
    """Make a new key for an account: it seals from now on, the older ones go on opening."""
    from commands.session import connections, facts_of
    from connectors.errors import Gone
    from models.keys import KeyScope

    at = connections()
    facts_of(at, account)
    try:
        key = at.keys.rotate(KeyScope.of_account(account))
    except Gone as gone:
        raise Refused(Exit.REFUSED, gone.what, f"farewell audit {account} tells how") from None
    if as_json:
        show({"key": key.id})
    else:
        say(f"{key.id} seals from now on; what was sealed before stays sealed by the key before it")


def rewrap(as_json: Json = False) -> None:
    """Wrap every key by FAREWELL_MASTER_KEY that one of FAREWELL_MASTER_KEY_OLD still wraps."""
    from commands.session import connections

    count = connections().keys.rewrap()
    if as_json:
        show({"rewrapped": count})
    else:
        say(f"{count} keys wrapped anew; once no worker, page or command needs the old master key, take it away")


def publish() -> None:
    """Print the public half of every signing key ever used, as a JWKS: what verifies certificates and packs."""
    from commands.session import connections
    from rules.signature import public_key

    at = connections()
    show(at.keys.publish(public_key(at.signer)))
