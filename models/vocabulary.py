"""The words with fixed spellings. Source: CONTRACTS, Stages and Words."""

from enum import StrEnum


class Stage(StrEnum):
    """Where a case stands; also the search attribute `FarewellStage`."""

    REQUESTED = "requested"
    APPROVAL = "approval"
    NOTICE = "notice"
    TRANSITION = "transition"
    FREEZE = "freeze"
    EXPORT = "export"
    DEPROVISION = "deprovision"
    TERMINATE = "terminate"
    SETTLE = "settle"
    RETRIEVAL = "retrieval"
    ERASE = "erase"
    CERTIFY = "certify"
    PAUSED = "paused"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    REINSTATED = "reinstated"
    RESUMED = "resumed"
    REFUSED = "refused"


ENDS = frozenset({Stage.CLOSED, Stage.WITHDRAWN, Stage.REINSTATED, Stage.RESUMED, Stage.REFUSED})


class Mode(StrEnum):
    """How an account leaves. Source: DOMAIN modes."""

    PAUSE = "pause"
    STOP = "stop"
    EJECT = "eject"


class Reason(StrEnum):
    """Why the customer leaves."""

    PRICE = "price"
    MISSING_FEATURE = "missing_feature"
    TOO_LITTLE_USE = "too_little_use"
    COMPETITOR = "competitor"
    COMPANY_CLOSED = "company_closed"
    SERVICE_QUALITY = "service_quality"
    OTHER = "other"


class Cause(StrEnum):
    """Why an account is ejected. Source: DOMAIN modes.3."""

    CUSTOMER_DEMAND = "customer_demand"
    NON_PAYMENT = "non_payment"
    BREACH = "breach"
    FRAUD = "fraud"
    LEGAL = "legal"


class PeriodEnd(StrEnum):
    """On which days a period may end: each other one than `any_day` makes it last on to the end of that unit."""

    ANY_DAY = "any_day"
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"
    TERM = "term"


class Gate(StrEnum):
    """What people approve."""

    PLAN = "plan"
    ERASURE = "erasure"


class Role(StrEnum):
    """What a person of ours may do."""

    ACCOUNT_MANAGER = "account_manager"
    APPROVER = "approver"
    COMPLIANCE = "compliance"
    ENGINEER = "engineer"


class Channel(StrEnum):
    """How the customer wants to be written to. Source: DOMAIN messages.2."""

    EMAIL = "email"
    SMS = "sms"
    WHATSAPP = "whatsapp"
    PHONE = "phone"
    NONE = "none"


class TaskKind(StrEnum):
    """What a person must look at."""

    STEP_FAILED = "step_failed"
    STATEMENT_DIFFERS = "statement_differs"
    SILENCE = "silence"
    RECEIVABLE = "receivable"
    UNOWNED_ASSET = "unowned_asset"
    PHONE_CALL = "phone_call"
    HOLD_REVIEW = "hold_review"
    LATE_CHARGE = "late_charge"
    FINDING = "finding"
    STAKEHOLDER = "stakeholder"


class TaskOutcome(StrEnum):
    """How a task ends."""

    RETRY = "retry"
    SKIP = "skip"
    DONE = "done"


class MailKind(StrEnum):
    """The messages that a leaving customer may get."""

    ACKNOWLEDGEMENT = "acknowledgement"
    PLAN = "plan"
    NOTICE = "notice"
    EXPORT_READY = "export_ready"
    GOODBYE = "goodbye"
    STATEMENT = "statement"
    RETRIEVAL_REMINDER = "retrieval_reminder"
    CERTIFICATE = "certificate"
    THANKS = "thanks"
    SURVEY_REMINDER = "survey_reminder"
    COME_BACK = "come_back"
    HOLD = "hold"
    PAUSED = "paused"
    RESUME_REMINDER = "resume_reminder"
    WELCOME_BACK = "welcome_back"
    BRIEFING = "briefing"
    STAKEHOLDER = "stakeholder"


TO_OURS = frozenset({MailKind.BRIEFING, MailKind.STAKEHOLDER})
"""What we write to people of ours; all other kinds go to the customer."""


class OfferKind(StrEnum):
    """What may be offered to one who leaves. Source: DOMAIN messages.4."""

    PAUSE = "pause"
    SMALLER_PLAN = "smaller_plan"
    DISCOUNT = "discount"
    FREE_MONTHS = "free_months"
    EXTENDED_RETRIEVAL = "extended_retrieval"
    REFUND = "refund"
    PERSON = "person"


STAYING = frozenset({OfferKind.PAUSE, OfferKind.SMALLER_PLAN, OfferKind.DISCOUNT, OfferKind.FREE_MONTHS})
"""Who accepts one of these stays; the others make leaving easier."""


class StopGround(StrEnum):
    """Why the follow-ups end before their time. Source: DOMAIN messages.5."""

    REPLY = "reply"
    OPT_OUT = "opt_out"
    COMPLAINT = "complaint"
    BOUNCE = "bounce"
    RETURNED = "returned"
    REINSTATED = "reinstated"
    ASKED = "asked"


class Heard(StrEnum):
    """What comes back of a message."""

    BOUNCE = "bounce"
    DELAY = "delay"
    COMPLAINT = "complaint"
    REPLY = "reply"
    AUTO_REPLY = "auto_reply"


class Team(StrEnum):
    """Who else of ours an exit concerns. Source: SEEDS 002."""

    FINANCE = "finance"
    SECURITY = "security"
    LEGAL = "legal"
    CUSTOMER_SUCCESS = "customer_success"


class CredentialClass(StrEnum):
    """What lets somebody in, in the order in which it is closed. Source: DOMAIN identity.2."""

    IDP_FEED = "idp_feed"
    SIGN_IN = "sign_in"
    SESSION = "session"
    API_KEY = "api_key"
    SERVICE_ACCOUNT = "service_account"
    WEBHOOK = "webhook"
    SCHEDULE = "schedule"
    INBOUND_MAIL = "inbound_mail"
    GROUP = "group"
    OAUTH_GRANT = "oauth_grant"


class BlockerCode(StrEnum):
    """What stops a plan before it's approved. Source: DOMAIN stages.5."""

    REQUESTER_WITHOUT_AUTHORITY = "requester_without_authority"
    LEGAL_HOLD = "legal_hold"
    OPEN_DISPUTE = "open_dispute"
    OPEN_TICKETS = "open_tickets"
    NO_CONTACT = "no_contact"
    UNOWNED_ASSETS = "unowned_assets"
    SUB_ACCOUNTS = "sub_accounts"
    RESELLER_OR_MARKETPLACE = "reseller_or_marketplace"
    ROWS_OF_TWO_ACCOUNTS = "rows_of_two_accounts"
    INVENTORY_INCOMPLETE = "inventory_incomplete"
    CUSTOM_DOMAIN = "custom_domain"


class WaitKind(StrEnum):
    """Who or what a case waits for."""

    APPROVAL = "approval"
    DATE = "date"
    CUSTOMER = "customer"
    TASK = "task"
    HOLD = "hold"


MANIFEST, TRIAL_MANIFEST = "manifest", "trial_manifest"
"""The kinds of document that say what a verified package holds, and one on trial."""
OWN_PACKAGE, OWN_USERS = "own/package", "own/users"
"""The package, and users with their credentials, as data sets of the plan. Source: DOMAIN erasure.7."""
FILES, OWN, PROCESSORS = "files/", "own/", "processor/"
"""What names of the plan's data sets begin with that are no tables of the product."""
