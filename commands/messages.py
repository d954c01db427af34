"""The messages: listed, previewed, copied, checked; a line of the manager's own, and what is said on the phone."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.options import AccountArgument, As, Json, MaybeAccount, MaybeLanguage, in_words
from commands.printing import console, say, show, table
from commands.refused import Exit, Refused
from models.vocabulary import TO_OURS, Channel, MailKind, Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.opening import Connections

LINED = frozenset({"acknowledgement", "plan", "goodbye", "thanks", "survey_reminder", "come_back"})
"""The kinds in which a line of the manager's own stands; the others are documents."""
KindArgument = Annotated[MailKind, typer.Argument(metavar="KIND", help="Which: farewell message list names them.")]
Folder = Annotated[Path | None, typer.Argument(metavar="FOLDER", help="Else FAREWELL_MESSAGES_FOLDER.")]


def mount(app: typer.Typer) -> None:
    """Adds the commands."""
    messages = typer.Typer(help="What the customer reads.", no_args_is_help=True)
    messages.command("list")(list_messages)
    messages.command()(preview)
    messages.command()(copy)
    messages.command()(check)
    messages.command()(line)
    messages.command()(script)
    app.add_typer(messages, name="message")


def list_messages(
    account: MaybeAccount = None,
    values: Annotated[bool, typer.Option("--values", help="The values that a message may name.")] = False,
    as_json: Json = False,
) -> None:
    """List the kinds, their languages and your own copies; with --account, what became of that account's messages."""
    from commands.message_lists import kinds, of_account, value_names

    rows = value_names() if values else of_account(account) if account else kinds()
    if as_json:
        show(rows)
    elif rows:
        console().print(table(tuple(rows[0]), [list(row.values()) for row in rows]))
    else:
        say("no message yet; farewell status tells where the exit stands")


def preview(
    kind: KindArgument,
    *,
    account: MaybeAccount = None,
    language: MaybeLanguage = None,
    channel: Annotated[Channel, typer.Option(help="As it reads there: email, sms, whatsapp or phone.")] = Channel.EMAIL,
    manner: Annotated[str, typer.Option(help="pause, for_cause or returned; else as the account leaves.")] = "",
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the mail as a page, to look at.")] = None,
    as_json: Json = False,
) -> None:
    """Show a message as it would read today; without --account, to a made-up customer. Nothing is sent or kept."""
    from commands.message_preview import previewed

    shown = previewed(kind, account, language, channel, manner)
    if html is not None and shown["html"]:
        _write(html, shown["html"])
    if as_json:
        show(shown)
        return
    for note in shown["notes"]:
        say(f"({note})")
    say(f"Subject: {shown['subject']}\n\n{shown['text']}" if shown["subject"] else shown["text"])
    if html is not None:
        say(f"as a page: {html}" if shown["html"] else f"only a mail is a page, so {html} wasn't written")


def copy(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME…]", help="Kinds, or files; else all.")] = None,
    to: Annotated[Path | None, typer.Option("--to", metavar="FOLDER", help="Else FAREWELL_MESSAGES_FOLDER.")] = None,
    language: MaybeLanguage = None,
    as_json: Json = False,
) -> None:
    """Copy messages that you want to edit; what stands there already is never overwritten."""
    from commands.message_copies import copied

    folder = to or _own_folder()
    if folder is None:
        raise Refused(Exit.USAGE, "nobody says where to", "name --to FOLDER, or set FAREWELL_MESSAGES_FOLDER")
    written = copied(names or [], folder, language)
    if as_json:
        show(written)
        return
    say("\n".join(written))
    say(f"{len(written)} files copied to {folder}; set FAREWELL_MESSAGES_FOLDER={folder}, edit, farewell message check")


def check(folder: Folder = None, as_json: Json = False) -> None:
    """Read your copies as a worker does before it starts: file, line and variable of whatever is wrong."""
    from activities.catalogue import Catalogue
    from activities.catalogue_faults import faults, gaps

    place = folder or _own_folder()
    found = faults(place) if place else ()
    lacking = gaps(Catalogue(place))
    if as_json:
        show({"faults": [each._asdict() for each in found], "in_english": lacking})
    else:
        for fault in found:
            say(f"WRONG  {fault}")
        for tongue, missing in lacking.items():
            say(f"note   {tongue} lacks {len(missing)}, which are in English: {', '.join(missing)}")
        if not found:
            say(
                f"nothing is wrong: {place}" if place else "nothing is wrong: only the messages that come with Farewell"
            )
    if found:
        raise typer.Exit(Exit.WRONG)


def line(
    account: AccountArgument,
    kind: KindArgument,
    text: Annotated[str, typer.Argument(help='One or two sentences in the customer\'s language; "" takes them out.')],
    who: As = None,
    as_json: Json = False,
) -> None:
    """Add a line of your own to a message that hasn't been written yet; it's erased with the account."""
    from activities.facts import line_key
    from commands.session import acting, case_of, connections

    at = connections()
    actor, case = acting(at, who), case_of(at, account)
    if Role.ACCOUNT_MANAGER not in actor.roles:
        raise Refused(Exit.REFUSED, f"{actor.id} is no account manager", "the mail is signed by the account's manager")
    said = in_words(text) if text.strip() else ""
    _refuse_late(at, case, kind)
    at.cases.keep_note(str(case["account"]), line_key(str(case["id"]), kind), said)
    _tell_ledger(at, case, kind, actor.id)
    done = f"stands in the {kind.replace('_', ' ')}" if said else f"is no longer in the {kind.replace('_', ' ')}"
    if as_json:
        show({"case": case["id"], "kind": kind, "line": said})
    else:
        say(f"your line {done}; farewell message preview {kind} --account {account} shows it")


def script(account: AccountArgument, kind: KindArgument, as_json: Json = False) -> None:
    """Show what to say on the phone, and whom to call."""
    from commands.message_preview import to_say

    told = to_say(account, kind)
    if as_json:
        show(told)
    else:
        say(f"Call {told['phone'] or '(no number is known)'}\n\n{told['text']}")


def _refuse_late(at: "Connections", case: "Mapping[str, Any]", kind: MailKind) -> None:
    """A message that is written stays as it is; and some never hold a line, or have nobody to read it."""
    from connectors.errors import Gone
    from models.keys import KeyScope

    if kind not in LINED:
        names = ", ".join(sorted(LINED))
        why = "goes to our own people" if kind in TO_OURS else "is a document"
        raise Refused(
            Exit.REFUSED, f"the {kind.replace('_', ' ')} {why}: no line of yours stands in it", f"it may in {names}"
        )
    domain = at.policy.sender.address.rpartition("@")[2]
    kept = at.outbox.message(f"{case['id']}.{kind}.1@{domain}")
    if kept is not None:
        what = f"the {kind.replace('_', ' ')} is written already ({kept.state.replace('_', ' ')})"
        raise Refused(Exit.REFUSED, what, "what has been written is sent as it stands")
    try:
        at.keys.sealing(KeyScope.of_account(str(case["account"])))
    except Gone:
        what = f"all that was personal of {case['account']} was erased, and what people wrote with it"
        raise Refused(Exit.REFUSED, what, "write to them yourself, if they asked for it") from None


def _tell_ledger(at: "Connections", case: "Mapping[str, Any]", kind: MailKind, who: str) -> None:
    from activities.ledger import record_act
    from models.case import Decision

    about = {"case": case["id"], "account": case["account"], "stage": case["stage"]}
    act = Decision(**about, step="message_line", action="message_line", subject=kind, actor=who)
    record_act(at.ledger, at.keys, act, datetime.now(UTC))


def _own_folder() -> Path | None:
    """The operator's, by the settings: none of the others needs to be set."""
    from commands.message_copies import own_folder

    return own_folder()


def _write(path: Path, page: str) -> None:
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise Refused(Exit.USAGE, f"{path} can't be written: {error.strerror}", "name another file") from None
