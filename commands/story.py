"""Tells a case's story from its ledger, to somebody who has never seen a workflow engine. Source: DOMAIN audit.1."""

from collections.abc import Sequence
from datetime import tzinfo
from itertools import groupby

from models.ledger import LedgerEntry
from models.payload import CUSTOMER, SYSTEM
from rules.chain import first_fault

NO_SUBJECT = "-"
STAGES = {
    "requested": "The request",
    "approval": "Waiting for approval of the plan",
    "notice": "The notice period",
    "transition": "The transition",
    "freeze": "The effective date: the account becomes read-only",
    "export": "The customer's data is packed",
    "deprovision": "Access is closed",
    "terminate": "The contract ends",
    "settle": "The money is settled",
    "retrieval": "The customer fetches the data",
    "erase": "Erasure: the point of no return is passed",
    "certify": "Certificate and seal",
    "paused": "The account is paused",
    "closed": "The exit is closed",
    "withdrawn": "The request was withdrawn",
    "reinstated": "The account was reinstated",
    "resumed": "The account was resumed",
    "refused": "The plan was refused",
}
ACTIONS = {
    "make_plan": "made the plan",
    "record_stage": "noted where the case stands",
    "serve_notice": "told the contract system when the contract ends",
    "withdraw_notice": "took the notice back",
    "freeze_account": "made the account read-only",
    "unfreeze_account": "opened the account again",
    "terminate_contract": "ended the contract",
    "renew_contract": "made a new contract on the old terms",
    "stop_renewal": "stopped the renewal of the subscription",
    "resume_renewal": "let the subscription renew again",
    "freeze_charges": "stopped charges and reminders to pay",
    "unfreeze_charges": "let charges run again",
    "close_statement": "settled the money and closed the final statement",
    "reverse_statement": "answered the final statement by counter-documents",
    "disconnect_feed": "cut the customer's own user directory off",
    "reconnect_feed": "connected the customer's own user directory again",
    "deactivate_users": "deactivated the users",
    "reactivate_users": "reactivated the users",
    "gate_credentials": "closed keys, sessions and other ways in",
    "free_credentials": "opened keys, sessions and other ways in again",
    "send_message": "wrote to the customer",
    "plan_follow_ups": "planned the follow-up messages",
    "end_follow_ups": "ended the follow-up messages",
    "plan_package": "listed what goes into the package",
    "export_data_set": "exported a table",
    "export_files": "exported the attachments",
    "commit_package": "finished the package",
    "verify_package": "read the package back and counted it again",
    "drop_package": "dropped an unfinished package",
    "purge": "erased",
    "recount": "counted again what is left",
    "await_end": "waited for the exit's own record to close",
    "collect_histories": "collected the engine's histories, without personal texts",
    "sign_certificate": "signed the certificate",
    "seal_pack": "sealed the evidence",
    "close_case": "closed the case",
    "approve": "approved",
    "refuse": "said no",
    "withdraw": "withdrew the request",
    "reinstate": "asked for the account back",
    "resume": "ended the pause",
    "reschedule": "asked for another date",
    "change_mode": "asked for another way out",
    "accept_export": "accepted the package",
    "waive_export": "recorded that the customer waives the package",
    "extend": "extended the time",
    "place_hold": "placed a legal hold",
    "confirm_hold": "confirmed a legal hold",
    "release_hold": "released a legal hold",
    "resolve_task": "resolved a task",
    "answer_offer": "answered the offer",
    "set_contact_preference": "chose how to be written to",
}
WHO = {SYSTEM: "Farewell", CUSTOMER: "The customer"}
OUTCOMES = {"done": "done", "failed": "FAILED", "refused": "refused by a rule"}
ORDINALS = ("", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def tell(entries: Sequence[LedgerEntry], zone: tzinfo | None = None) -> str:
    """The story, grouped by stage, retries folded; times in `zone`, or in that of the reader's machine."""
    lines: list[str] = []
    for stage, group in groupby(entries, key=lambda entry: entry.stage):
        lines += ["", STAGES.get(stage, stage)]
        lines += [_line(entry, zone) for entry in _folded(list(group))]
    return "\n".join([*lines, "", _verdict(entries)]).lstrip("\n")


def _folded(entries: list[LedgerEntry]) -> list[LedgerEntry]:
    """Without the attempts that a later attempt at the same replaced."""
    return [entry for place, entry in enumerate(entries) if not _replaced(entry, entries[place + 1 :])]


def _replaced(entry: LedgerEntry, later: list[LedgerEntry]) -> bool:
    """Whether the next entry of the same effect is its next attempt; a fresh start begins with attempt 1."""
    following = next((e for e in later if (e.action, e.subject) == (entry.action, entry.subject)), None)
    return following is not None and following.attempt > entry.attempt


def _line(entry: LedgerEntry, zone: tzinfo | None) -> str:
    at = entry.at.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z")
    who = WHO.get(entry.actor, entry.actor)
    what = ACTIONS.get(entry.action, entry.action.replace("_", " "))
    subject = "" if entry.subject == NO_SUBJECT else f" ({entry.subject})"
    return f"  {at}  {who} {what}{subject}: {OUTCOMES[entry.outcome]}{_attempts(entry)}"


def _attempts(entry: LedgerEntry) -> str:
    if entry.attempt == 1:
        return ""
    if entry.attempt < len(ORDINALS):
        return f" at the {ORDINALS[entry.attempt]} attempt"
    return f" at attempt {entry.attempt}"


def _verdict(entries: Sequence[LedgerEntry]) -> str:
    if not entries:
        return "The ledger of this case is empty."
    fault = first_fault(entry.model_dump(mode="json") for entry in entries)
    if fault:
        return f"THE CHAIN IS BROKEN at entry {fault.seq}: {fault.why}."
    return f"The chain of {len(entries)} entries verifies; its head is {entries[-1].entry_sha256}."
