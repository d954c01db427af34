"""The inventory: drafted from the product's database, and compared with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.options import Json
from commands.printing import say, show
from commands.refused import Exit, Refused

if TYPE_CHECKING:
    from models.inventory import Inventory
    from models.schema import SchemaFacts
    from rules.inventory_found import Finding

TO_THE_SCREEN = Path("-")
Database = Annotated[str, typer.Option(metavar="URL", help="The product's database.")]
MaybeDatabase = Annotated[
    str | None, typer.Option(metavar="URL", help="The product's database; else FAREWELL_PRODUCT_DATABASE_URL.")
]


def mount(app: typer.Typer) -> None:
    """Adds the commands."""
    inventory = typer.Typer(help="What there is of an account, table by table.", no_args_is_help=True)
    inventory.command()(discover)
    inventory.command()(check)
    app.add_typer(inventory, name="inventory")


def discover(
    database: Database,
    root: Annotated[str, typer.Option(metavar="TABLE", help="The table whose rows are the accounts.")],
    *,
    key: Annotated[str | None, typer.Option(metavar="COLUMN", help="Its column that names one; else its key.")] = None,
    subsidiaries: Annotated[
        bool, typer.Option("--subsidiaries", help="Accounts under an account leave with it.")
    ] = False,
    output: Annotated[Path, typer.Option(metavar="PATH|-", help="The file to write; - prints.")] = Path(
        "inventory.toml"
    ),
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
) -> None:
    """Draft an inventory from the database's foreign keys, for a person to review."""
    from commands.inventory_words import heading, summary
    from rules.inventory_draft import DraftRefused, draft
    from rules.inventory_text import toml

    if output != TO_THE_SCREEN and output.exists() and not force:
        raise Refused(Exit.REFUSED, f"{output} is there already", "--force overwrites it, --output names another")
    schema = _schema(database)
    try:
        drafted = draft(schema, root, key, subsidiaries=subsidiaries)
    except DraftRefused as no:
        raise Refused(Exit.NOT_FOUND if no.about == "root" else Exit.USAGE, no.what, no.fix) from None
    text = toml(drafted, heading(drafted, schema))
    if output == TO_THE_SCREEN:
        print(text, end="", flush=True)
        return
    with _writing(output):
        output.write_text(text, encoding="utf-8")
    say(summary(drafted, output))


def check(
    database: MaybeDatabase = None,
    inventory: Annotated[
        Path | None, typer.Option(metavar="PATH", help="The file; else FAREWELL_INVENTORY_FILE.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare the inventory with the database: every table with its rule, every rule with its table."""
    from rules.inventory_check import findings

    declared, schema = _compared(database, inventory)
    found = findings(declared, schema)
    if as_json:
        show([finding.model_dump() for finding in found])
    else:
        say(_told(found, declared))
    if found:
        raise typer.Exit(Exit.WRONG)


def _compared(database: str | None, path: Path | None) -> tuple["Inventory", "SchemaFacts"]:
    """From the settings, but for what is named; nothing else needs to be set where both are."""
    from connectors.configuration import read_file
    from models.inventory import read_inventory

    declared = read_file("--inventory", path, read_inventory) if path else None
    schema = _schema(database) if database else None
    if declared is None or schema is None:
        from commands.session import connections

        at = connections()
        declared, schema = declared or at.inventory, schema or at.product.schema()
    return declared, schema


def _schema(url: str) -> "SchemaFacts":
    from connectors.opening import product_at

    with product_at("--database", url) as product:
        return product.schema()


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as no:
        raise Refused(Exit.USAGE, f"{path} can't be written: {no.strerror}", "--output names another") from None


def _told(found: tuple["Finding", ...], declared: "Inventory") -> str:
    if found:
        return "\n".join(f"WRONG  {finding}" for finding in found)
    return f"nothing is wrong: {len(declared.data_sets)} data sets, {len(declared.outside)} tables outside"
