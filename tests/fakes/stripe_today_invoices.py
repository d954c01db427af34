"""Invoices, credit notes, balance and refunds in today's forms: see `tests.fakes.stripe_today`."""

# ruff: noqa: A002, PLR0917  # parameters bear the names and the number that Stripe's have

from localstripe import resources as local
from localstripe.errors import UserError

from tests.fakes.stripe_today import filtered, integer, keep

# -- invoices

made_invoice = local.Invoice.__init__


def make_invoice(invoice, *given, **data):
    made_invoice(invoice, *given, **data)
    invoice.auto_advance = True
    invoice.automatic_tax = {"enabled": False, "status": None}
    invoice.number = invoice.id.upper()
    invoice.effective_at = invoice.ending_balance = None
    invoice.starting_balance = 0
    invoice.amount_overpaid = 0
    invoice._uncollectible, invoice._payments = False, []


def create_invoice(cls, customer=None, currency=None, pending_invoice_items_behavior="include", **data):
    if "subscription" in data:
        return cls._get_next_invoice(customer=customer, **data)
    told = {name: data.pop(name) for name in ("auto_advance", "collection_method") if name in data}
    invoice = cls(customer=customer, simulation=pending_invoice_items_behavior == "exclude", **data)
    if pending_invoice_items_behavior == "exclude":
        invoice.lines._list = []
    invoice.currency = currency or invoice.currency
    keep(invoice, told)
    return invoice


def notes_of(invoice):
    known = [x for name, x in local.store.items() if name.startswith("credit_note:")]
    return [x for x in known if x.invoice == invoice.id and x.status == "issued"]


def paid_by(invoice):
    intents = [*invoice._payments, *([invoice.payment_intent] if invoice.payment_intent else [])]
    found = [local.PaymentIntent._api_retrieve(name) for name in intents]
    return [intent for intent in found if intent.status == "succeeded"]


def payments(invoice):
    page = local.List("/v1/invoice_payments", limit=100)
    return {
        **page._export(),
        "data": [
            {
                "id": f"inpay_{intent.id}",
                "object": "invoice_payment",
                "invoice": invoice.id,
                "amount_paid": intent.amount,
                "amount_requested": intent.amount,
                "created": intent.created,
                "currency": intent.currency,
                "is_default": True,
                "status": "paid",
                "status_transitions": {"paid_at": intent.created, "canceled_at": None},
                "payment": {"type": "payment_intent", "payment_intent": intent.id, "charge": None},
            }
            for intent in paid_by(invoice)
        ],
    }


def from_balance(invoice):
    return 0 if invoice.ending_balance is None else invoice.ending_balance - invoice.starting_balance


def amount_due(invoice):
    return invoice.total - invoice.pre_payment_credit_notes_amount - from_balance(invoice)


def invoice_status(invoice):
    if invoice._draft or invoice._voided:
        return "draft" if invoice._draft else "void"
    if invoice.amount_remaining <= 0:
        return "paid"
    return "uncollectible" if invoice._uncollectible else "open"


def finalize_invoice(id, auto_advance=None):
    invoice = local.Invoice._api_retrieve(id)
    if not invoice._draft:
        raise UserError(400, "This invoice is already finalized", {"code": "invoice_not_editable"})
    invoice._finalize()
    balance = local.Customer._api_retrieve(invoice.customer).invoice_credit_balance.get(invoice.currency, 0)
    invoice.starting_balance = balance
    used = max(-invoice.total, balance) if balance < 0 else 0
    invoice.ending_balance = balance - used
    if used:
        Transaction(id=invoice.customer, amount=-used, currency=invoice.currency, type="applied_to_invoice")
    keep(invoice, {} if auto_advance is None else {"auto_advance": auto_advance})
    return invoice


def leave_invoice(id):
    invoice = local.Invoice._api_retrieve(id)
    if invoice.status != "open":
        raise UserError(400, "only open invoices can be marked uncollectible")
    invoice._uncollectible = True
    return invoice


def void_invoice(id):
    invoice = local.Invoice._api_retrieve(id)
    if invoice.status not in {"open", "uncollectible"} or paid_by(invoice):
        raise UserError(400, "only finalized, unpaid invoices can be voided")
    invoice._voided = True
    return invoice


def add_lines(id, lines=None):
    invoice = local.Invoice._api_retrieve(id)
    for each in lines or []:
        item = local.InvoiceItem._api_retrieve(each["invoice_item"])
        item.metadata.update(each.get("metadata", {}))
        put_on(invoice, item)
    return invoice


def put_on(invoice, item):
    if not invoice._draft:
        raise UserError(400, "only drafts take items")
    item.invoice = invoice.id
    invoice.lines._list.append(local.InvoiceLineItem(item))


def take_for_invoice(id, amount=None):
    """No route of Stripe's: a test pays a part, or what was given up."""
    invoice = local.Invoice._api_retrieve(id)
    payer = local.Customer._api_retrieve(invoice.customer)._get_default_payment_method_or_source()
    intent = local.PaymentIntent(integer(amount), invoice.currency, invoice.customer, payer.id)
    invoice._payments.append(intent.id)
    intent._confirm(on_failure_now=lambda: None)
    return invoice


listed_invoices = local.Invoice._api_list_all.__func__
local.Invoice.__init__ = make_invoice
local.Invoice._api_create = classmethod(create_invoice)
local.Invoice._api_list_all = classmethod(
    lambda cls, url, status=None, **data: filtered(listed_invoices(cls, url, **data), status=status)
)
local.Invoice._update = lambda invoice, **data: keep(invoice, data)
local.Invoice._on_payment_success = lambda invoice: [
    local.Subscription._api_retrieve(name)._on_initial_payment_success(invoice)
    for name in [invoice.subscription]
    if name
]
local.Invoice.tax = property(lambda x: sum(tax["amount"] for tax in x.total_tax_amounts if not tax["inclusive"]))
local.Invoice.total = property(lambda invoice: invoice.subtotal + invoice.tax)
local.Invoice.amount_due = property(amount_due)
local.Invoice.amount_paid = property(lambda invoice: sum(intent.amount for intent in paid_by(invoice)))
local.Invoice.amount_remaining = property(lambda invoice: max(invoice.amount_due - invoice.amount_paid, 0))
local.Invoice.pre_payment_credit_notes_amount = property(lambda x: sum(note.pre_payment_amount for note in notes_of(x)))
local.Invoice.payments = property(payments)
local.Invoice.status = property(invoice_status)


def create_item(cls, invoice=None, period=None, discountable=None, **data):
    times = {f"period_{name}": value for name, value in (period or {}).items()}
    item = cls(**times, **data)
    if invoice:
        put_on(local.Invoice._api_retrieve(invoice), item)
    return item


listed_items = local.InvoiceItem._api_list_all.__func__
local.InvoiceItem._api_create = classmethod(create_item)
local.InvoiceItem._api_list_all = classmethod(lambda cls, url, pending=None, **data: listed_items(cls, url, **data))


# -- credit notes, balance, refunds


class CreditNote(local.StripeObject):
    object = "credit_note"
    _id_prefix = "cn_"

    def __init__(
        self, invoice=None, amount=None, lines=(), metadata=None, memo=None, refunds=(), email_type=None,
        credit_amount=0, out_of_band_amount=0,
    ):  # fmt: skip
        of = local.Invoice._api_retrieve(invoice)
        whole = integer(amount) or sum(integer(x["unit_amount"]) * integer(x["quantity"]) for x in lines)
        before = min(whole, of.amount_remaining)
        linked = [{**x, "amount_refunded": integer(x["amount_refunded"]), "type": "refund"} for x in refunds]
        gone = sum(x["amount_refunded"] for x in linked) + integer(credit_amount) + integer(out_of_band_amount)
        if of.status == "draft" or gone != whole - before:
            raise UserError(400, f"the sum of what is given back must be {whole - before}")
        if whole > of.total - sum(note.total for note in notes_of(of)):
            raise UserError(400, "a credit note may not exceed what is left of the invoice")
        super().__init__()
        self.invoice, self.customer, self.currency, self.status = invoice, of.customer, of.currency, "issued"
        self.amount = self.total = whole
        self.pre_payment_amount, self.post_payment_amount = before, whole - before
        self.metadata, self.memo, self.refunds = metadata or {}, memo, linked
        self.out_of_band_amount = integer(out_of_band_amount) or None
        if integer(credit_amount):
            Transaction(id=of.customer, amount=-integer(credit_amount), currency=of.currency, type="credit_note")

    @classmethod
    def _api_list(cls, customer=None, invoice=None, limit=None, starting_after=None):
        page = local.List("/v1/credit_notes", limit=limit, starting_after=starting_after)
        page._list = [x for name, x in local.store.items() if name.startswith("credit_note:")]
        return filtered(page, customer=customer, invoice=invoice)

    @classmethod
    def _api_void(cls, id):
        note = cls._api_retrieve(id)
        if local.Invoice._api_retrieve(note.invoice).status != "open":
            raise UserError(400, "you can only void a credit note of an open invoice")
        note.status = "void"
        return note


class Transaction(local.StripeObject):
    object = "customer_balance_transaction"
    _id_prefix = "cbtxn_"

    def __init__(self, id=None, amount=None, currency=None, description=None, metadata=None, type="adjustment"):
        customer = local.Customer._api_retrieve(id)
        super().__init__()
        self.customer, self.amount, self.currency = id, integer(amount), currency
        self.description, self.metadata, self.type = description, metadata or {}, type
        before = customer.invoice_credit_balance.get(currency, 0)
        self.ending_balance = customer.invoice_credit_balance[currency] = before + self.amount

    @classmethod
    def _api_list(cls, id, limit=None, starting_after=None):
        page = local.List(f"/v1/customers/{id}/balance_transactions", limit=limit, starting_after=starting_after)
        known = [x for name, x in local.store.items() if name.startswith("customer_balance_transaction:")]
        page._list = [x for x in known if x.customer == id]
        return page


made_customer, made_refund = local.Customer.__init__, local.Refund.__init__


def make_customer(customer, **data):
    made_customer(customer, **data)
    customer.invoice_credit_balance = {}


def make_refund(refund, charge=None, payment_intent=None, amount=None, **data):
    of = local.Charge._api_retrieve(charge or local.PaymentIntent._api_retrieve(payment_intent).latest_charge.id)
    gone = sum(x.amount for x in of.refunds._list if x.status not in {"failed", "canceled"})
    if (integer(amount) or of.amount) > of.amount - gone:
        raise UserError(400, "greater than the unrefunded amount", {"code": "charge_already_refunded"})
    made_refund(refund, charge=charge, payment_intent=payment_intent, amount=amount, **data)


local.Customer.__init__, local.Refund.__init__ = make_customer, make_refund
local.Charge.amount_captured = property(lambda charge: charge.amount if charge.captured else 0)
