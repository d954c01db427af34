"""The attachments of the sample product: reports, parts lists, photos, job sheets.

A file's bytes follow from its row and its work order, so the bucket can be filled from the database alone.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING

from sqlalchemy import select

from devstack.company import names
from devstack.company.draft import Draft
from devstack.company.images import tiny_pdf, tiny_png
from devstack.company.opening import open_product
from devstack.company.schema import account, attachment, work_order

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "accounts/{account}/"
_STEMS = {
    "es": ("informe-{:03}.txt", "piezas-{:03}.csv", "foto-{:03}.png", "parte-{:03}.pdf"),
    "en": ("report-{:03}.txt", "parts-{:03}.csv", "photo-{:03}.png", "job-sheet-{:03}.pdf"),
}
_TYPES = {
    "txt": "text/plain; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "png": "image/png",
    "pdf": "application/pdf",
}
_WORDS = {
    "es": ("Informe de intervención", "Cliente de Bancada", "Trabajo", "Fecha", "La máquina queda en servicio."),
    "en": ("Service report", "Bancada customer", "Job", "Date", "The machine is back in service."),
}


@dataclass(frozen=True)
class Source:
    """What a file is made from; `title` is the work order's, or empty."""

    key: str
    company: str
    language: str
    title: str
    at: datetime

    @property
    def ending(self) -> str:
        """The kind of file."""
        return self.key.rpartition(".")[2]


def add_attachments(draft: Draft) -> None:
    """Adds the rows of an account's files; its work orders must be there."""
    language, orders = draft.account.place.language, draft.rows["work_order"]
    for index in range(draft.account.size.files):
        stems = _STEMS[language]
        name = stems[index % len(stems)].format(index + 1)
        order = draft.rng.choice(orders) if orders else None
        key = f"{PREFIX.format(account=draft.account.id)}attachments/{name}"
        title, at = (order["title"], order["opened_at"]) if order else ("", draft.recent(30))
        body = content(Source(key, draft.account.name, language, title, at))
        draft.belonging(
            "attachment",
            work_order_id=order["id"] if order else None,
            bucket_key=key,
            content_type=_TYPES[name.rpartition(".")[2]],
            size_bytes=len(body),
            sha256=sha256(body).hexdigest(),
            uploaded_at=at,
        )


def put_attachments(s3: "S3Client", bucket: str, product_url: str) -> int:
    """Puts every file of the product database into the bucket; again writes the same bytes. Answers how many.

    Raises:
        ValueError: the database describes other bytes.
    """
    engine = open_product(product_url)
    query = (
        select(attachment, account.c.name, account.c.language, work_order.c.title)
        .join_from(attachment, account, attachment.c.account_id == account.c.id)
        .outerjoin(work_order, attachment.c.work_order_id == work_order.c.id)
        .order_by(attachment.c.bucket_key)
    )
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    engine.dispose()
    for row in rows:
        body = content(Source(row.bucket_key, row.name, row.language, row.title or "", row.uploaded_at))
        if sha256(body).hexdigest() != row.sha256:
            raise ValueError(f"{row.bucket_key}: the database describes other bytes")
        s3.put_object(Bucket=bucket, Key=row.bucket_key, Body=body, ContentType=row.content_type)
    return len(rows)


def content(source: Source) -> bytes:
    """The bytes of a file."""
    rng = Random(source.key)
    if source.ending == "png":
        return tiny_png(rng.getrandbits(24), 96)
    if source.ending == "csv":
        return "\r\n".join(["sku,name,quantity", *_parts(rng, source.language), ""]).encode()
    lines = _report(source)
    return tiny_pdf(lines) if source.ending == "pdf" else "\n".join([*lines, ""]).encode()


def _report(source: Source) -> list[str]:
    heading, customer, job, day, end = _WORDS[source.language]
    job_line = [f"{job}: {source.title}"] if source.title else []
    return [heading, "", f"{customer}: {source.company}", *job_line, f"{day}: {source.at.date()}", "", end]


def _parts(rng: Random, language: str) -> list[str]:
    catalogue = list(enumerate(names.words(names.PARTS[language])))
    picked = sorted(rng.sample(catalogue, 5))
    return [f"R-{1000 + 7 * index},{name},{rng.randrange(1, 9)}" for index, name in picked]
