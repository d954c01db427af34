"""A draft holds every table, with all ways to the root; only a person's words are missing."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.hop import Hop, written
from models.inventory import Inventory
from models.schema import ColumnFacts, ForeignKeyFacts, SchemaFacts, TableFacts
from rules.inventory_check import findings
from rules.inventory_draft import DraftRefused, draft
from rules.inventory_text import toml
from tests.unit.sample_schema import schema, table

ROOT = table("account")


def hops(inventory: Inventory, name: str) -> list[str]:
    return [str(hop) for hop in inventory.data_set(name).hops]


def test_every_key_towards_the_root_is_a_hop_by_whatever_way():
    drafted = draft(
        schema(
            ROOT,
            table("project", "project.account_id -> account.id"),
            table("person", "person.account_id -> account.id"),
            table("task", "task.project_id -> project.id", "task.person_id -> person.id", "task.up -> task.id"),
        ),
        "account",
    )
    assert hops(drafted, "task") == [
        "task.project_id -> project.id",
        "task.person_id -> person.id",
        "task.up -> task.id",
    ]
    order = [each.name for each in drafted.data_sets]
    assert (order[0], order[-1]) == ("task", "account")
    assert {each.erase for each in drafted.data_sets} == {"delete"}


def test_composite_keys_and_tables_without_a_key():
    order = table("crm.order", "crm.order.shop -> account.id", columns="no*", primary="shop no")
    line = table("line", "line.(shop, no) -> crm.order.(shop, no)", columns="text", primary="")
    drafted = draft(schema(ROOT, order, line), "account")
    assert hops(drafted, "line") == ["line.(shop, no) -> crm.order.(shop, no)"]
    assert drafted.data_set("line").key == ()
    assert drafted.data_set("order").key == ("shop", "no")


def test_a_unique_key_that_is_never_null_stands_in_for_a_primary_one():
    told = table("note", "note.account_id -> account.id", columns="a b*", primary="", unique=(("a",), ("b",)))
    assert draft(schema(ROOT, told), "account").data_set("note").key == ("b",)


def test_subsidiaries_are_other_customers_unless_told():
    facts = schema(table("account", "account.parent -> account.id"))
    (alone,) = draft(facts, "account").data_sets
    (family,) = draft(facts, "account", subsidiaries=True).data_sets
    assert (alone.hops, alone.ignored) == ((), family.hops)
    assert (family.hops, family.ignored) == (alone.ignored, ())
    assert [str(hop) for hop in family.hops] == ["account.parent -> account.id"]


def test_a_key_of_the_root_leads_away_from_the_account():
    root = table("account", "account.owner_id -> person.id")
    drafted = draft(schema(root, table("person", "person.account_id -> account.id")), "account")
    assert [str(hop) for hop in drafted.data_set("account").ignored] == ["account.owner_id -> person.id"]
    assert [each.name for each in drafted.data_sets] == ["person", "account"]


def test_rows_that_exported_rows_point_at_come_along_and_what_those_point_at():
    drafted = draft(
        schema(
            table("account", "account.country -> country.code"),
            table("country", "country.capital -> city.id", columns="code*", primary="code"),
            table("city", "city.country -> country.code", "city.near -> city.id"),
            table("weather", "weather.city -> city.id"),
        ),
        "account",
    )
    outside = {each.table: each for each in drafted.outside}
    assert {name: each.duty for name, each in outside.items()} == {
        "country": "shared",
        "city": "shared",
        "weather": "none",
    }
    assert {str(hop) for hop in outside["city"].used_by} == {"country.capital -> city.id", "city.near -> city.id"}
    assert outside["country"].key == ("code",)
    assert {each.reason for each in drafted.outside} == {""}


def test_circles_stand_together_and_their_children_before_them():
    drafted = draft(
        schema(
            ROOT,
            table("doc", "doc.account_id -> account.id", "doc.current -> version.id"),
            table("version", "version.doc_id -> doc.id"),
            table("mark", "mark.version_id -> version.id"),
        ),
        "account",
    )
    assert [each.name for each in drafted.data_sets] == ["mark", "doc", "version", "account"]


def test_names_are_safe_and_each_is_used_once():
    odd = [written(name) for name in ("../Odd name", "order", "Order", "new\nline", "Überweisung", "日本", "x" * 200)]
    tables = [table(name, f"{name}.account_id -> account.id") for name in (*odd, "crm.order")]
    names = {each.table: each.name for each in draft(schema(ROOT, *tables), "account").data_sets}
    assert names == {
        '"../Odd name"': "odd_name",
        "order": "order",
        "Order": "order_2",
        "crm.order": "order_3",
        '"new\nline"': "new_line",
        "Überweisung": "uberweisung",
        "日本": "table",
        "x" * 200: "x" * 70,
        "account": "account",
    }


@pytest.mark.parametrize(
    ("root", "key", "about", "told"),
    [
        ("Account", None, "root", "did you mean account"),
        ("nobody", None, "root", "whose rows are the accounts"),
        ("account", "nothing", "key", "it has id"),
        ("pair", None, "key", "--key COLUMN"),
        ("bare", None, "key", "--key COLUMN"),
    ],
)
def test_a_root_or_a_key_that_will_not_do_is_refused_with_what_to_write(root, key, about, told):
    tables = (ROOT, table("pair", columns="a* b*", primary="a b"), table("bare", primary=""))
    with pytest.raises(DraftRefused) as no:
        draft(schema(*tables), root, key)
    assert no.value.about == about
    assert told in no.value.fix


NAMES = [written(name) for name in ("a", 'B "b"', "e.f", "g\n", "select", "Ünï", "h", "H", "j")] + [
    "c.d",
    '"o.s"."t t"',
]
COLUMNS = ["id", "Two", "th.ree", 'f"our']
NULLABLE = {name: st.just(False) if name == "id" else st.booleans() for name in COLUMNS}


@st.composite
def schemas(draw) -> SchemaFacts:
    names = ["account", *draw(st.lists(st.sampled_from(NAMES), unique=True))]
    return SchemaFacts(dialect="postgresql", tables=draw(st.tuples(*(tables(name, names) for name in names))))


def tables(name: str, others: list[str]) -> st.SearchStrategy[TableFacts]:
    columns = [
        st.builds(ColumnFacts, name=st.just(each), type=st.just("int"), nullable=NULLABLE[each]) for each in COLUMNS
    ]
    primary = st.just(("id",)) if name == "account" else st.sampled_from([("id",), ("id", "Two"), ()])
    foreign = st.lists(keys_of(name, others), max_size=3, unique_by=lambda key: key.hop)
    return st.builds(TableFacts, name=st.just(name), columns=st.tuples(*columns), primary=primary, foreign=foreign)


def keys_of(child: str, parents: list[str]) -> st.SearchStrategy[ForeignKeyFacts]:
    sides = st.lists(st.sampled_from(COLUMNS), min_size=2, max_size=2, unique=True)
    hop = st.builds(
        lambda parent, here, there, size: Hop(
            child=child, child_columns=here[:size], parent=parent, parent_columns=there[:size]
        ),
        st.sampled_from(parents),
        sides,
        sides,
        st.sampled_from([1, 2]),
    )
    on_delete = st.sampled_from(["", "CASCADE", "SET NULL", "RESTRICT"])
    return st.builds(lambda hop, on_delete: ForeignKeyFacts(hop=hop, on_delete=on_delete), hop, on_delete)


@given(schemas(), st.booleans())
def test_a_draft_of_any_schema_lacks_only_reasons(facts, subsidiaries):
    drafted = draft(facts, "account", subsidiaries=subsidiaries)
    assert {each.what for each in findings(drafted, facts)} <= {
        "nobody said why its rows are shared",
        "nobody said why its rows are of no concern",
    }
    reasoned = [each.model_copy(update={"reason": "nobody's"}) for each in drafted.outside]
    assert findings(drafted.model_copy(update={"outside": tuple(reasoned)}), facts) == ()


@given(schemas())
def test_what_is_written_reads_as_what_was_drafted(facts):
    drafted = draft(facts, "account")
    assert Inventory.model_validate(tomllib.loads(toml(drafted, ["a", "", "b"]))) == drafted


def test_a_mask_of_null_can_be_written():
    drafted = draft(schema(ROOT), "account")
    masked = drafted.data_set("account").model_copy(update={"erase": "mask", "mask": {"name": "", "owner": None}})
    inventory = drafted.model_copy(update={"data_sets": (masked,)})
    assert 'mask = {name = "", owner = []}' in toml(inventory)
    assert Inventory.model_validate(tomllib.loads(toml(inventory))) == inventory
