"""What a PDF of ours says, as a reader of it would find it: enough of ISO 32000-1 for typst's files, and no more."""

import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj\s*(.*?)\s*endobj", re.DOTALL)
_STREAM = re.compile(rb"(<<.*?>>)\s*stream\r?\n", re.DOTALL)
_PAIR = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]+)>")
_PART = rb"\\.|[^\\()]"
_STRING = rb"\((?:" + _PART + rb"|\((?:" + _PART + rb"|\((?:" + _PART + rb")*\))*\))*\)"  # brackets may nest
_SHOWN = re.compile(rb"/(f\d+) [\d.]+ Tf|" + _STRING + rb"|ET", re.DOTALL)
_ESCAPED = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def pages(pdf):
    """The text of each page, its pieces in the order in which they are drawn, one a line."""
    objects = dict(_OBJECT.findall(pdf))
    drawn = [body for body in objects.values() if re.search(rb"/Type\s*/Page\b", body)]
    return [_page(page, objects) for page in sorted(drawn, key=lambda page: int(_reference(page, rb"/Contents")))]


def words(pdf):
    """All of it, white space made even."""
    return " ".join(" ".join(pages(pdf)).split())


def metadata(pdf):
    """The XMP packet."""
    return pdf[pdf.index(b"<?xpacket begin") : pdf.index(b"<?xpacket end")].decode()


def _page(page, objects):
    fonts = dict(re.findall(rb"/(f\d+) (\d+) 0 R", page + objects.get(_reference(page, rb"/Resources"), b"")))
    held = {name: _unicode(objects[_reference(objects[font], rb"/ToUnicode")]) for name, font in fonts.items()}
    text, font = [], {}
    for shown in _SHOWN.finditer(_stream(objects[_reference(page, rb"/Contents")])):
        if shown[1]:
            font = held[shown[1]]
        elif shown[0] == b"ET":
            text.append("\n")
        else:
            codes = _ESCAPED.sub(_byte, shown[0][1:-1])
            text += [font.get(codes[at : at + 2], "?") for at in range(0, len(codes), 2)]
    return "".join(text)


def _unicode(cmap):
    pairs = _PAIR.findall(_stream(cmap))
    return {bytes.fromhex(code.decode()): bytes.fromhex(to.decode()).decode("utf-16-be") for code, to in pairs}


def _byte(escaped):
    return bytes([int(escaped[1], 8)]) if escaped[1].isdigit() else _LETTERS.get(escaped[1], escaped[1])


def _reference(body, name):
    found = re.search(name + rb"\s*(\d+) 0 R", body)
    return found[1] if found else b"0"


def _stream(body):
    head = _STREAM.search(body)
    length = int(re.search(rb"/Length (\d+)", head[1])[1])
    data = body[head.end() : head.end() + length]
    return zlib.decompress(data) if b"/FlateDecode" in head[1] else data
