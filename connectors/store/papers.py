"""What a case leaves behind, each kept once: plans with their policy, decisions with their notes, documents."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlmodel import col, select

from connectors.errors import NotFound
from connectors.store.sessions import keep_once, reading, writing
from models.case import Decision
from models.plan import Plan
from models.policy import Policy
from models.tables.cases import DecisionRow, DocumentRow, NoteRow, PlanRow
from models.tables.policy import PolicyRow


class SqlPapers:
    """The part of `CaseStore` that is written once and read often."""

    _engine: Engine

    def keep_plan(self, case: str, plan: Plan, at: datetime) -> None:
        """Keeps a plan under its hash; again changes nothing."""
        with writing(self._engine) as session:
            keep_once(session, PlanRow(case=case, hash=plan.hash, made_at=at, plan=plan.model_dump(mode="json")))

    def plan(self, case: str, plan_hash: str) -> Plan:
        """The plan of that hash; raises NotFound."""
        with reading(self._engine) as session:
            row = session.get(PlanRow, (case, plan_hash))
            if row is None:
                raise NotFound("cases", f"case {case} has no plan {plan_hash}", "take the hash that `status` shows")
            return Plan.model_validate(row.plan)

    def plans(self, case: str) -> list[Plan]:
        """The plans of a case, in the order in which they were kept."""
        in_order = select(PlanRow).where(PlanRow.case == case).order_by(col(PlanRow.made_at), PlanRow.hash)
        with reading(self._engine) as session:
            return [Plan.model_validate(row.plan) for row in session.exec(in_order)]

    def keep_policy(self, sha256: str, policy: Policy, at: datetime) -> None:
        """Keeps the policy that a plan rests on under its digest; again changes nothing."""
        row = PolicyRow(sha256=sha256, version=policy.version, kept_at=at, policy=policy.model_dump(mode="json"))
        with writing(self._engine) as session:
            keep_once(session, row)

    def policy(self, sha256: str) -> Policy:
        """The policy of that digest, as it was when it was kept; raises NotFound."""
        with reading(self._engine) as session:
            row = session.get(PolicyRow, sha256)
            if row is None:
                raise NotFound("cases", f"there is no policy {sha256}", "every plan keeps its own: was it removed?")
            return Policy.model_validate(row.policy)

    def decide(self, decision: Decision, at: datetime) -> None:
        """Keeps a decision under its idempotency key; a repeat doesn't bring an erased note back."""
        row = DecisionRow(
            key=decision.idempotency_key,
            case=decision.case,
            action=decision.action,
            actor=decision.actor,
            at=at,
            details=dict(decision.details),
        )
        with writing(self._engine) as session:
            _, is_new = keep_once(session, row)
            if is_new and decision.note is not None and decision.note.text is not None:
                session.add(NoteRow(key=row.key, account=decision.account, text=decision.note.text))

    def decisions(self, case: str) -> list[Mapping[str, Any]]:
        """What was decided, in order."""
        in_order = select(DecisionRow).where(DecisionRow.case == case).order_by(col(DecisionRow.at), DecisionRow.key)
        with reading(self._engine) as session:
            return [row.model_dump() for row in session.exec(in_order)]

    def keep_note(self, account: str, key: str, text: str) -> None:
        """Keeps what a person wrote, in the place of what stood under this key; erased with the account's notes."""
        with writing(self._engine) as session:
            standing, is_new = keep_once(session, NoteRow(key=key, account=account, text=text))
            if not is_new:
                standing.text = text

    def note(self, key: str) -> str | None:
        """What a person wrote under this key, while it's there."""
        with reading(self._engine) as session:
            row = session.get(NoteRow, key)
            return row.text if row else None

    def keep_document(self, case: str, kind: str, key: str, body: Mapping[str, Any], at: datetime) -> Mapping[str, Any]:
        """Keeps a document; a second write with the same key changes nothing and answers the first."""
        with writing(self._engine) as session:
            standing, _ = keep_once(session, DocumentRow(key=key, case=case, kind=kind, at=at, body=dict(body)))
            return standing.body

    def documents(self, case: str, kind: str) -> list[Mapping[str, Any]]:
        """The bodies of that kind, by the time at which they were kept, then by key."""
        of_kind = select(DocumentRow).where(DocumentRow.case == case, DocumentRow.kind == kind)
        with reading(self._engine) as session:
            rows = session.exec(of_kind.order_by(col(DocumentRow.at), DocumentRow.key))
            return [row.body for row in rows]
