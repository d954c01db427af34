"""The check names each thing that is wrong: where, what, and what to write."""

import pytest

from models.inventory import Inventory
from models.schema import ColumnFacts
from rules.inventory_blockers import inventory_blockers
from rules.inventory_check import findings
from rules.inventory_draft import draft
from tests.unit.sample_schema import foreign, schema, table

ACCOUNT = table("account", "account.country -> country.code", columns="id* name email")
COUNTRY = table("country", columns="code*", primary="code")
INVOICE = table("invoice", "invoice.account_id -> account.id", columns="id* account_id* no", unique=(("no",),))
LINE = table("line", "line.invoice_id -> invoice.id")
TABLES = {each.name: each for each in (ACCOUNT, COUNTRY, INVOICE, LINE, table("weather"))}


def declared(*tables, **changes) -> Inventory:
    """The draft of some tables, reasons given, with changes by table: fields, or None to take it out."""
    whole = draft(schema(*(tables or TABLES.values())), "account").model_dump(by_alias=True)
    for block in ("data_set", "outside"):
        for each in whole[block]:
            each.update({"reason": "nobody's"} if block == "outside" else {}, **(changes.get(each["table"]) or {}))
        whole[block] = [each for each in whole[block] if changes.get(each["table"], ()) is not None]
    return Inventory.model_validate(whole | changes.get("inventory", {}))


def told(inventory: Inventory, *tables) -> list[str]:
    return [str(finding) for finding in findings(inventory, schema(*(tables or TABLES.values())))]


def test_an_inventory_that_fits_has_no_findings():
    assert told(declared()) == []


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        (
            {"line": None},
            'line: it can reach the root, and has no rule; add [[data_set]] table = "line", hops = ["line.invoice_id -> invoice.id"], name = "line", key = ["id"], columns = ["id", "invoice_id"]',
        ),
        ({"weather": None}, 'weather: it has no rule; add [[outside]] table = "weather", duty = "none", reason = "…"'),
        (
            {"country": None},
            'country: it has no rule; add [[outside]] table = "country", duty = "shared", used_by = ["account.country -> country.code"], reason = "…", name = "country", key = ["code"], columns = ["code"]',
        ),
        ({"weather": {"reason": " "}}, 'weather: nobody said why its rows are of no concern; write reason = "…"'),
        (
            {"country": {"used_by": []}},
            'country: account is exported and points at it; add to its used_by: "account.country -> country.code"',
        ),
        (
            {"line": {"hops": ["line.invoice_id -> account.id"]}},
            "line: its foreign key line.invoice_id -> invoice.id isn't in the inventory; add to its hops, or to ignored if it makes no row the account's: \"line.invoice_id -> invoice.id\"",
        ),
        (
            {"line": {"hops": ["line.invoice_id -> line.id"]}},
            "line: none of its hops leads on to the root; write hops =",
        ),
        ({"line": {"hops": []}}, "line: none of its hops leads on to the root"),
        ({"line": {"hops": ["line.nothing -> invoice.id"]}}, "line has no column nothing"),
        ({"line": {"hops": ["line.invoice_id -> weather.id"]}}, "ends at weather, which isn't what it should lead to"),
        ({"line": {"ignored": ["invoice.no -> account.id"]}}, "starts at invoice, which isn't exported here"),
        ({"country": {"duty": "none"}}, "its rows are of no concern, but its used_by would export some"),
        ({"line": {"columns": ["id"]}}, 'line: its column invoice_id (int) isn\'t declared; add "invoice_id" to its'),
        ({"line": {"columns": {"id": "int"}}}, 'add invoice_id = "int" to its columns'),
        (
            {"line": {"columns": ["id", "invoice_id", "gone"]}},
            'no column gone any more; take "gone" out of its columns',
        ),
        (
            {"line": {"columns": {"id": "text", "invoice_id": ""}}},
            'its column id is int, not text; write id = "int" in',
        ),
        ({"line": {"columns": {}}}, 'no columns are declared, so no drift would be seen; write columns = ["id", "inv'),
        ({"line": {"key": ["invoice_id"]}}, 'its key invoice_id doesn\'t name one row; write key = ["id"]'),
        ({"line": {"key": []}}, 'its rows have a key, which isn\'t named; write key = ["id"]'),
        ({"invoice": {"key": ["no"]}}, "its key no doesn't name one row"),
        ({"inventory": {"key": "name"}}, "the root's key name isn't unique; write key = \"id\""),
        (
            {"line": {"leave_out": ["gone"]}},
            'its leave_out names a column gone, which isn\'t there; take "gone" out of its',
        ),
        ({"line": {"leave_out": ["id"]}}, "its leave_out names id, by which a row is found"),
        ({"account": None}, 'account: the root is no data set; add [[data_set]] table = "account"'),
        ({"invoice": {"erase": "retain"}}, 'it is retained, on no ground; write retain = { ground = "…", years = … }'),
        (
            {"invoice": {"erase": "retain", "retain": {"ground": "law", "years": 6}}},
            "invoice: it is retained, but holds rows of account that are deleted (invoice.account_id -> account.id)",
        ),
        ({"account": {"erase": "mask"}}, "it is to be masked, but no column is named"),
        ({"account": {"erase": "mask", "mask": {"nothing": ""}}}, "its mask names a column nothing"),
        ({"account": {"erase": "mask", "mask": {"id": ""}}}, "its mask would change id, by which the row is found"),
        ({"invoice": {"erase": "mask", "mask": {"account_id": None}}}, "sets account_id to NULL, which it can't be"),
        ({"invoice": {"erase": "mask", "mask": {"no": "x"}}}, "two masked rows would be equal in no, which is unique"),
        ({"invoice": {"of_two": "hand_over"}}, "its rows can't be handed over: account_id can't be NULL"),
        (
            {"inventory": {"file_set": [{"name": "files", "prefix": "x/", "listed_in": "line.file"}]}},
            "line: the file set files is listed in line.file, which isn't there",
        ),
    ],
)
def test_each_thing_that_is_wrong_is_named_with_what_to_write(changes, finding):
    found = told(declared(**changes))
    assert any(finding in each for each in found), found
    assert all("\n" not in each for each in found)


def test_a_table_that_is_gone_or_is_no_table_of_its_own():
    (gone,) = told(declared(), *(each for each in TABLES.values() if each.name != "weather"))
    assert gone == "weather: there is no such table; take it out of the inventory"
    rest = [each for each in TABLES.values() if each.name != "line"]
    (moved,) = [each for each in told(declared(), *rest, table("crm.Line")) if each.startswith("line:")]
    assert moved == 'line: there is no such table; write "crm.Line"'
    facts = schema(*rest, line="a view")
    assert str(findings(declared(), facts)[0]).startswith("line: it is no table of its own: a view; take it out")


def test_a_table_that_we_may_not_read_or_not_whole():
    names = ('"O""dd.x".Line', "invoice")
    hidden = table(names[0], f"{names[0]}.account_id -> account.id", readable=False)
    guarded = table(names[1], "invoice.account_id -> account.id", row_security=True)
    tables = (table("account"), hidden, guarded)
    assert [each.partition("; ")[2] for each in told(declared(*tables), *tables)] == [
        "ALTER ROLE … BYPASSRLS for the role of the product's URL",
        'GRANT SELECT ON "O""dd.x"."Line" (and USAGE on its schema) to the role of the product\'s URL',
    ]


@pytest.mark.parametrize(
    ("on_delete", "held"), [("", True), ("RESTRICT", True), ("CASCADE", False), ("SET NULL", False)]
)
def test_a_parent_before_its_child_is_refused_unless_the_key_lets_go(on_delete, held):
    line = table("line", foreign("line.invoice_id -> invoice.id", on_delete))
    tables = (table("account"), INVOICE, line)
    whole = declared(*tables)
    turned = whole.model_copy(
        update={"data_sets": tuple(whole.data_set(name) for name in ("invoice", "line", "account"))}
    )
    told_of = "line: invoice is erased before it, but line.invoice_id -> invoice.id holds those rows; move its [[data_set]] before that of invoice"
    assert told(turned, *tables) == ([told_of] if held else [])


def test_a_circle_goes_at_the_turn_of_its_first():
    tables = (
        table("account"),
        table("doc", "doc.account_id -> account.id", "doc.current -> version.id"),
        table("version", "version.doc_id -> doc.id"),
        table("mark", "mark.version_id -> version.id"),
    )
    whole = declared(*tables)
    assert told(whole, *tables) == []
    split = [whole.data_set(name) for name in ("doc", "mark", "version", "account")]
    (held,) = told(whole.model_copy(update={"data_sets": tuple(split)}), *tables)
    assert held.startswith("mark: version is erased before it")


def test_what_is_kept_under_a_key_that_deletes_would_go_along():
    line = table("line", foreign("line.invoice_id -> invoice.id", "CASCADE"))
    kept = {"erase": "retain", "retain": {"ground": "law", "years": 6}}
    tables = (table("account"), INVOICE, line)
    (finding,) = told(declared(*tables, line=kept), *tables)
    assert finding.startswith("line: it is retained, but goes with rows of invoice that are deleted")
    assert finding.endswith('write erase = "mask" or erase = "retain" for invoice, or erase line too')


def test_a_mask_that_lets_go_of_what_is_deleted_is_fine():
    root = table("account", "account.owner -> person.id", columns="id* country")
    tables = (root, table("person", "person.account_id -> account.id"))
    masked = declared(*tables, account={"erase": "mask", "mask": {"owner": None}})
    assert told(masked, *tables) == []
    (held,) = told(declared(*tables, account={"erase": "mask", "mask": {"country": ""}}), *tables)
    assert "it is masked, but holds rows of person" in held
    assert "; add owner = [] to its mask, or" in held


def test_a_shared_table_may_point_at_rows_of_accounts_when_a_person_says_so():
    person = table("person", "person.account_id -> account.id")
    article = table("article", foreign("article.author -> person.id", "SET NULL"))
    tables = (table("account"), person, article)
    whole = declared(*tables, article=None).model_dump(by_alias=True)
    outside = {"table": "article", "duty": "none", "reason": "our own help pages"}
    (finding,) = told(Inventory.model_validate(whole | {"outside": [outside]}), *tables)
    assert finding.endswith('declare it as a [[data_set]], or add to its ignored: "article.author -> person.id"')
    outside["ignored"] = ["article.author -> person.id"]
    assert told(Inventory.model_validate(whole | {"outside": [outside]}), *tables) == []


def test_a_soft_reference_is_a_hop_too():
    note = table("note", columns="id* about")
    tables = (table("account"), note)
    soft = declared(*tables).model_dump(by_alias=True)
    (about,) = soft.pop("outside")
    hop = {"hops": ["note.about -> account.id"], "name": "note", "key": ["id"], "columns": ["id", "about"]}
    soft |= {"data_set": [{"table": about["table"], **hop}, *soft["data_set"]], "outside": []}
    assert told(Inventory.model_validate(soft), *tables) == []


def test_handed_over_with_what_it_lies_under():
    task = table("task", "task.account_id -> account.id")
    entry = table("entry", "entry.task_id -> task.id", columns="id* task_id*")
    tables = (table("account"), task, entry)
    both = {name: {"of_two": "hand_over"} for name in ("task", "entry")}
    assert told(declared(*tables, **both), *tables) == []
    assert len(told(declared(*tables, entry=both["entry"]), *tables)) == 1


@pytest.mark.parametrize("of_two", ["export", "keep"])
def test_rows_of_two_accounts_that_stay_hold_what_is_deleted(of_two):
    deal = table("deal", "deal.seller -> account.id", "deal.buyer -> account.id")
    tables = (table("account", columns="id* name"), deal, table("line", "line.deal_id -> deal.id"))
    stays = {name: {"of_two": of_two} for name in ("deal", "line")}
    held = told(declared(*tables, **stays), *tables)
    assert len(held) == 2
    assert all(each.startswith("deal: its rows of two accounts stay, and hold rows of account") for each in held)
    assert told(declared(*tables, **stays, account={"erase": "mask", "mask": {"name": ""}}), *tables) == []
    assert told(declared(*tables, deal={"of_two": "hand_over"}, line={"of_two": "hand_over"}), *tables) == []


def test_what_is_handed_over_is_cut_off_by_its_hops_only():
    task = table("task", "task.project_id -> project.id", "task.by -> account.id")
    tables = (table("account"), table("project", "project.account_id -> account.id"), task)
    hops = {"hops": ["task.project_id -> project.id"], "ignored": ["task.by -> account.id"]}
    (held,) = told(declared(*tables, task={"of_two": "hand_over", **hops}), *tables)
    assert "hold rows of account that are deleted (task.by -> account.id)" in held


def test_stages_5_what_is_found_stops_a_plan():
    found = findings(declared(line=None, weather=None), schema(*TABLES.values()))
    incomplete, doubled = inventory_blockers(found, {"invoice": 0, "line": 3})
    assert (incomplete.code, doubled.code) == ("inventory_incomplete", "rows_of_two_accounts")
    assert "2 findings, the first: line: it can reach the root" in incomplete.text
    assert "farewell inventory check" in incomplete.fix
    assert doubled.text.endswith(": 3 of line")
    assert list(inventory_blockers((), {"line": 0})) == []


def test_a_new_column_of_another_type_is_named_in_one_line_whatever_its_name():
    column = ColumnFacts(name='new\nline "', type="int", nullable=True)
    line = LINE.model_copy(update={"columns": (*LINE.columns, column)})
    (finding,) = told(declared(), *(line if each.name == "line" else each for each in TABLES.values()))
    assert "\n" not in finding
    assert (
        finding == r"""line: its column new\nline " (int) isn't declared; add "new\nline \"" = "int" to its columns"""
    )


def processor(**changes) -> dict[str, object]:
    return {"processor": [{"name": "mailing", "ask": "webhook", "address": "https://briefly.example/erase", **changes}]}


@pytest.mark.parametrize(
    "fine",
    [
        {},
        {"address": "http://127.0.0.1:8000/hook"},
        {"ask": "mail", "address": "privacy@briefly.example"},
    ],
)
def test_erasure_1_a_sub_processor_that_can_be_asked_is_fine(fine):
    assert told(declared(inventory=processor(**fine))) == []


@pytest.mark.parametrize(
    ("wrong", "finding"),
    [
        ({"address": "http://briefly.example/erase"}, "no address for webhooks"),
        ({"address": "https://user:secret@briefly.example/"}, "no address for webhooks"),
        ({"address": "https://[briefly/"}, "no address for webhooks"),
        ({"ask": "mail"}, "no mail address"),
        ({"ask": "mail", "address": "Eva <eva@briefly.example>"}, "no mail address"),
        ({"ask": "mail", "address": "a@b.example, c@d.example"}, "no mail address"),
    ],
)
def test_erasure_1_a_sub_processor_that_nobody_could_ask_is_named(wrong, finding):
    (found,) = told(declared(inventory=processor(**wrong)))
    assert found.startswith("processor/mailing: ")
    assert finding in found


def test_two_sub_processors_of_one_name_are_refused():
    with pytest.raises(ValueError, match="two processors have the name mailing"):
        declared(inventory={"processor": processor()["processor"] * 2})


def test_erasure_1_what_is_kept_is_kept_no_longer_than_what_it_points_at():
    kept = {"erase": "retain", "retain": {"ground": "tax", "years": 6}}
    root = {"erase": "mask", "mask": {"name": "0"}}
    fine = {"account": root, "invoice": kept, "line": kept}
    assert told(declared(**fine)) == []
    longer = kept | {"retain": {"ground": "tax", "years": 10}}
    (found,) = told(declared(**fine | {"line": longer}))
    assert (
        found
        == "line: it is kept for 10 years, but invoice, at which it points, for less; keep invoice for 10 years, too"
    )


def test_erasure_1_what_is_kept_can_be_found_again_when_its_time_has_come():
    loose = table("log", columns="id* invoice_id*")
    kept = {"hops": ["log.invoice_id -> invoice.id"], "erase": "retain", "retain": {"ground": "tax", "years": 6}}
    tables = (*TABLES.values(), loose)
    whole = declared().model_dump(by_alias=True)
    columns = {"id": "int", "invoice_id": "int"}
    log = {"name": "log", "table": "log", "key": ["id"], "columns": columns, **kept}
    whole["data_set"] = [log, *whole["data_set"]]
    (found,) = told(Inventory.model_validate(whole), *tables)
    assert found.startswith("log: it is kept, but all that leads to its account is deleted: invoice;")
