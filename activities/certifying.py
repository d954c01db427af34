"""Issues certificates of erasure, each once; a later one names the one that it replaces. Source: DOMAIN erasure.5."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from activities.certificate import claims
from activities.pack import weigh
from activities.papers import gather
from activities.printing import print_certificate
from activities.printing_words import by_id
from activities.safe import EvidenceSafe
from connectors.ports.own import CaseStore
from models.closing import EvidenceRequest, SupplementRequest
from models.policy import Sender

CERTIFICATE = "certificate"
"""The kind of document: {`key`, `jws`, `claims`, `digest`, `pdf_base64`}."""


class Certifier:
    """Signs what the papers of a case say."""

    def __init__(self, store: CaseStore, safe: EvidenceSafe, sender: Sender) -> None:
        """`sender` is who certifies."""
        self._store, self._safe, self._sender = store, safe, sender

    def issue(
        self, request: EvidenceRequest | SupplementRequest, now: datetime, changed: str = ""
    ) -> Mapping[str, Any]:
        """The certificate of this effect: that of the first attempt, or a new one that replaces the newest.

        Raises:
            Rejected, NotFound: something in the plan was not purged and counted, a sub-processor not asked, or the
                account's key still stands.
        """
        key, kept = f"{request.idempotency_key}:certificate", self._store.documents(request.case, CERTIFICATE)
        standing = next((each for each in kept if each["key"] == key), None)
        if standing is not None:
            return standing
        papers = gather(self._store, request.case, request.account, request.plan_hash)
        earlier = max(kept, key=lambda each: each["claims"]["number"], default=None)
        said = claims(papers, self._sender.company, now, earlier, changed)
        token = self._safe.sign(said)
        body: dict[str, Any] = {"key": key, "jws": token, "claims": said}
        body["digest"] = f"sha256:{weigh(token.encode()).sha256}"
        addressed = by_id(papers.case, papers.plan.commitments, self._sender)
        body["pdf_base64"] = b64encode(print_certificate(addressed, body, {})).decode()
        return self._store.keep_document(request.case, CERTIFICATE, key, body, now)
