"""The text twin: Markdown that was read already, laid out for a fixed-width screen."""

import textwrap
from collections.abc import Iterable, Sequence
from itertools import zip_longest

from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

WIDTH = 72
GAP = "  "
_NARROWEST = 12
_ONLY_A_LINK = ["link_open", "text", "link_close"]


def as_text(tokens: Sequence[Token]) -> str:
    """The same words as the HTML, without its marks; lines of at most 72 characters where words allow.

    Where a link leads stands below it where it has a paragraph to itself; else at the end, by number: nobody reads on
    across an address of three lines.
    """
    addresses: list[str] = []
    blocks = [_block(node) for node in SyntaxTreeNode(_numbered(tokens, addresses)).children]
    blocks.append("\n".join(f"[{number}] <{address}>" for number, address in enumerate(addresses, 1)))
    return "\n\n".join(block for block in blocks if block) + "\n"


def is_link_alone(inside: Token) -> bool:
    """Whether what a paragraph holds is a link and nothing else: a button."""
    return [each.type for each in inside.children or ()] == _ONLY_A_LINK


def _numbered(tokens: Sequence[Token], addresses: list[str]) -> list[Token]:
    """Each link within other words as its words and a number; `addresses` grows by where they lead."""
    return [
        token.copy(children=[_number(child, addresses) for child in token.children])
        if token.children and not is_link_alone(token)
        else token
        for token in tokens
    ]


def _number(child: Token, addresses: list[str]) -> Token:
    if child.type == "link_open":
        addresses.append(str(child.attrs["href"]))
        return Token("text", "", 0)
    if child.type == "link_close":
        return Token("text", "", 0, content=f"\u00a0[{len(addresses)}]")
    return child


def _block(node: SyntaxTreeNode, width: int = WIDTH) -> str:
    if node.type == "table":
        return _table(node, width)
    if node.type in ("bullet_list", "ordered_list"):
        return "\n".join(_item(item, width) for item in node.children)
    if node.children and node.children[0].type != "inline":
        return "\n\n".join(_block(child, width) for child in node.children)
    return "\n".join(_wrapped(_words(node), width))


def _item(item: SyntaxTreeNode, width: int) -> str:
    inside = "\n".join(_block(child, width - 2) for child in item.children)
    return "- " + textwrap.indent(inside, "  ").lstrip()


def _words(node: SyntaxTreeNode) -> str:
    if node.type in ("hardbreak", "softbreak"):
        return "\n" if node.type == "hardbreak" else " "
    if not node.children:
        return node.content if node.token else ""
    words = "".join(_words(child) for child in node.children)
    return f"{words} <{node.attrs['href']}>" if node.type == "link" else words


def _wrapped(text: str, width: int) -> list[str]:
    lines = text.split("\n")
    return [
        part
        for line in lines
        for part in textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) or [""]
    ]


def _table(table: SyntaxTreeNode, width: int) -> str:
    rows = [row for part in table.children for row in part.children]
    cells = [[_words(cell) for cell in row.children] for row in rows]
    right = ["right" in str(cell.attrs.get("style", "")) for cell in rows[0].children]
    widths = _widths(cells, width)
    laid = [_row(row, widths, right) for row in cells]
    rule = GAP.join("-" * width for width in widths)
    between = "\n\n" if any("\n" in row for row in laid) else "\n"
    return "\n".join([laid[0], rule]) + "\n" + between.join(laid[1:])


def _row(cells: Iterable[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    columns = [_wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)]
    lines = zip_longest(*columns, fillvalue="")
    return "\n".join(GAP.join(_aligned(line, widths, right)).rstrip() for line in lines)


def _aligned(line: Iterable[str], widths: Sequence[int], right: Sequence[bool]) -> list[str]:
    return [
        part.rjust(width) if flush else part.ljust(width)
        for part, width, flush in zip(line, widths, right, strict=True)
    ]


def _widths(cells: Sequence[Sequence[str]], width: int) -> list[int]:
    """Each column as wide as its widest cell; what is too much is taken from the widest column."""
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    room = width - len(GAP) * (len(widths) - 1)
    widest = widths.index(max(widths))
    widths[widest] = max(_NARROWEST, widths[widest] - max(0, sum(widths) - room))
    return widths
