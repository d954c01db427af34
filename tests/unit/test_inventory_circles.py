"""Tables in a circle are those that lead to each other, whatever the shape around them."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from models.inventory_circles import circles, knots, strongly_connected
from rules.inventory_draft import draft
from tests.unit.sample_schema import schema, table

NODES = "abcdefgh"
GRAPHS = st.dictionaries(st.sampled_from(NODES), st.lists(st.sampled_from(NODES), unique=True))


def led_to(graph, start):
    met, waiting = set(), [start]
    while waiting:
        for node in set(graph.get(waiting.pop(), ())) - met:
            met.add(node)
            waiting.append(node)
    return met


@given(GRAPHS)
def test_a_component_holds_the_nodes_that_lead_to_each_other_children_first(graph):
    found = strongly_connected(graph)
    place = {node: number for number, component in enumerate(found) for node in component}
    assert sum(map(len, found)) == len(place)
    assert place.keys() == {*graph, *(node for parents in graph.values() for node in parents)}
    for node, other in permutations(place, 2):
        there, back = other in led_to(graph, node), node in led_to(graph, other)
        assert (place[node] == place[other]) == (there and back)
        assert not there or place[node] <= place[other]


def test_a_table_that_leads_to_itself_is_a_circle_and_a_long_chain_is_none():
    chain = [table(f"t{n}", f"t{n}.up -> {f't{n - 1}' if n else 'account'}.id") for n in range(2_000)]
    assert circles(draft(schema(table("account"), *chain), "account")) == ()
    tree = table("folder", "folder.account_id -> account.id", "folder.up -> folder.id")
    assert circles(draft(schema(table("account"), tree), "account")) == (frozenset({"folder"}),)


def test_an_ignored_key_ties_a_knot_but_no_circle():
    owned = (table("account", "account.owner -> person.id"), table("person", "person.account_id -> account.id"))
    drafted = draft(schema(*owned), "account")
    assert circles(drafted) == ()
    assert knots(drafted) == (frozenset({"account", "person"}),)
