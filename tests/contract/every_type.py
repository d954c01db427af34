"""One table with every type that a column of PostgreSQL can have, and rows with the values at its edges."""

from sqlalchemy import Engine
from sqlalchemy.exc import NotSupportedError

from models.inventory import Inventory

SCHEMA = r'''
CREATE TABLE account (id integer PRIMARY KEY);
INSERT INTO account VALUES (1), (2);
CREATE TYPE mood AS ENUM ('ok', 'so, so', 'it''s "bad"', E'line\nend', '\N');
CREATE DOMAIN even AS integer CHECK (VALUE % 2 = 0);
CREATE DOMAIN words AS text[] CHECK (cardinality(VALUE) < 9);
CREATE TYPE pair AS (a integer, "B, ""c""" text, d numeric[]);
CREATE TYPE nested AS (one pair, many pair[]);
CREATE TYPE floats AS RANGE (subtype = double precision);
'''
_INTS = ["NULL", "0", "-1"]
_DATES = ["'infinity'", "'-infinity'", "'0001-01-01 BC'", "'2024-02-29'", "NULL"]
_WHOLE = r"""E'tab\tline\nreturn\r\r\nquote\" back\\slash \\N \\. comma,'"""
_TEXTS = [
    "''", "NULL", r"'\N'", r"'\.'", r"E'\\.\n'", "' '", "'\"'", "''''", r"'a,b\c'", _WHOLE, r"E'\u0001\u001f\u007f\u0085'",
    r"E'\u2028\ufeff\u202e\ufffe\U0010FFFF e\u0301 \u00e9 \U0001F468\u200d\U0001F469'", "'null'", "'NULL'", "repeat('x', 300000)",
]  # fmt: skip

# Column, its type, and values as SQL; the row numbers go round those of the longest list.
COLUMNS: list[tuple[str, str, list[str]]] = [
    ("smallint", "smallint", [*_INTS, "-32768", "32767"]),
    ("integer", "integer", [*_INTS, "-2147483648", "2147483647"]),
    ("bigint", "bigint", [*_INTS, "-9223372036854775808", "9223372036854775807"]),
    ("numeric", "numeric", ["'NaN'", "'Infinity'", "'-Infinity'", "1e-200", "1e200", "0.00", "-0.10", "1.2300", "NULL"]),
    ("numeric_scale", "numeric(20, 5)", ["1.5", "-0.00001", "'NaN'", "NULL"]),
    ("numeric_negative", "numeric(3, -2)", ["12300", "-99900", "NULL"]),
    ("real", "real", ["'NaN'", "'Infinity'", "'-Infinity'", "'-0'", "0.1", "1e-45", "3.4028235e38", "NULL"]),
    ("double", "double precision", ["'NaN'", "'-Infinity'", "'-0'", "0.1::float8 + 0.2", "5e-324", "1.7976931348623157e308", "NULL"]),
    ("money", "money", ["'-92233720368547758.08'", "'1234567.89'", "0", "NULL"]),
    ("boolean", "boolean", ["true", "false", "NULL"]),
    ("text", "text", _TEXTS),
    ("text_c", 'text COLLATE "C"', _TEXTS[::-1]),
    ("varchar", "varchar(12)", ["''", r"'\N'", "'  x  '", "NULL"]),
    ("char", "char(5)", ["'a  '", "''", r"'\N'", "'é'", "NULL"]),
    ("one_char", '"char"', ["'a'", "''", r"'\377'", "','", "NULL"]),
    ("name", "name", ["'pg_class'", "''", "'a b\"c'", "NULL"]),
    ("bytea", "bytea", ["''", r"'\x00ff5c4e'", r"'\x'", "decode(repeat('00', 100000), 'hex')", "NULL"]),
    ("bit", "bit(3)", ["B'101'", "B'000'", "NULL"]),
    ("varbit", "varbit", ["B''", "B'1'", "B'10101010101'", "NULL"]),
    ("date", "date", [*_DATES, "'5874897-12-31'", "'4713-01-01 BC'"]),
    ("timestamp", "timestamp", [*_DATES, "'294276-12-31 23:59:59.999999'", "'4714-11-24 00:00:00 BC'", "'2026-03-29 02:30:00.1'"]),
    ("timestamptz", "timestamptz", [*_DATES, "'294276-12-31 23:59:59.999999+00'", "'2026-10-25 02:30+02'", "'2026-10-25 02:30+01'"]),
    ("timestamp_3", "timestamp(3)", ["'2026-01-01 00:00:00.1239'", "NULL"]),
    ("time", "time", ["'24:00:00'", "'00:00:00.000001'", "NULL"]),
    ("timetz", "timetz", ["'24:00:00-15:59'", "'00:00:00.000001+15:59:59'", "NULL"]),
    ("interval", "interval", [
        "'-1 year -2 mons +3 days -04:05:06.789'", "'178000000 years'", "'-1 mon +30 days'", "'0'", "'1 day -00:00:00.000001'",
        "'infinity'", "'-infinity'", "NULL",
    ]),
    ("interval_day", "interval day to second(2)", ["'1 12:59:10.123'", "NULL"]),
    ("uuid", "uuid", ["'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'", "NULL"]),
    ("inet", "inet", ["'10.0.0.1'", "'10.0.0.1/8'", "'::1'", "'fe80::1/64'", "'::ffff:1.2.3.4/128'", "NULL"]),
    ("cidr", "cidr", ["'10.0.0.0/8'", "'::/0'", "'1.2.3.4/32'", "NULL"]),
    ("macaddr", "macaddr", ["'08:00:2b:01:02:03'", "NULL"]),
    ("macaddr8", "macaddr8", ["'08:00:2b:01:02:03:04:05'", "NULL"]),
    ("json", "json", [
        "' {\"a\" : 1,  \"a\":2, \"z\":null}\n'", "'null'", "'\"\\u0041\\ud83d\\ude00 \\\"\"'", "'1e400'", "'[]'", "NULL",
    ]),
    ("jsonb", "jsonb", ["'{\"b\": 1.00, \"a\": [null, \"\\\\N\", \"\"]}'", "'null'", "'\"\"'", "'12345678901234567890.10'", "NULL"]),
    ("jsonpath", "jsonpath", ["'$.\"a b\"[*] ? (@ > 1)'", "NULL"]),
    ("xml", "xml", ["'<a b=\"c\">x &amp; y</a>'", "'text <b/> more'", "NULL"]),
    ("tsvector", "tsvector", ["'''a b'':1A,2 \"c\":3'", "''", "$$'it''s \\\\N' b$$", "NULL"]),
    ("tsquery", "tsquery", ["'a & !b | (c <2> d:*AB)'", "''", "NULL"]),
    ("point", "point", ["'(-0,1e-300)'", "'(NaN,Infinity)'", "NULL"]),
    ("line", "line", ["'{1,-2,0.1}'", "NULL"]),
    ("lseg", "lseg", ["'[(0,0),(1,0.1)]'", "NULL"]),
    ("box", "box", ["'(2,2),(-1,0.3)'", "NULL"]),
    ("path", "path", ["'[(0,0),(1,1)]'", "'((0,0),(1,1))'", "NULL"]),
    ("polygon", "polygon", ["'((0,0),(1,0),(1,1))'", "NULL"]),
    ("circle", "circle", ["'<(0,0),0.1>'", "NULL"]),
    ("pg_lsn", "pg_lsn", ["'FFFFFFFF/FFFFFFFF'", "'0/0'", "NULL"]),
    ("pg_snapshot", "pg_snapshot", ["'10:20:10,14,15'", "NULL"]),
    ("xid8", "xid8", ["'18446744073709551615'", "NULL"]),
    ("oid", "oid", ["4294967295", "0", "NULL"]),
    ("xid", "xid", ["'7'", "NULL"]),
    ("tid", "tid", ["'(0,1)'", "NULL"]),
    ("regclass", "regclass", ["'pg_class'", "NULL"]),
    ("int4range", "int4range", ["'empty'", "'(,)'", "'[1,5)'", "'[,-3)'", "NULL"]),
    ("numrange", "numrange", ["'[1.10,1.10]'", "'(NaN,)'", "'(-Infinity,Infinity)'", "NULL"]),
    ("tstzrange", "tstzrange", ["'[2026-01-01 00:00+05,infinity)'", "'(-infinity,)'", "NULL"]),
    ("daterange", "daterange", ["'[0001-01-01 BC,infinity]'", "NULL"]),
    ("int8multirange", "int8multirange", ["'{}'", "'{[1,3),[5,)}'", "NULL"]),
    ("floats", "floats", ["'[-0,0.1)'", "'(,NaN]'", "NULL"]),
    ("floats_multirange", "floats_multirange", ["'{[0,1],(2,)}'", "NULL"]),
    ("mood", "mood", ["'ok'", "'so, so'", "'it''s \"bad\"'", "E'line\\nend'", r"'\N'", "NULL"]),
    ("even", "even", ["2", "-4", "NULL"]),
    ("words", "words", ["'{}'", "'{a,NULL,\"NULL\",\"\"}'", "NULL"]),
    ("pair", "pair", ["'(1,,)'", "'(,\"a,\"\"b\\\\c\",\"{1.10,NaN}\")'", "ROW(NULL, '', NULL)", "NULL"]),
    ("nested", "nested", ["ROW(ROW(1, E'x\\ny', NULL), ARRAY[ROW(2, '\\N', '{1}')::pair, NULL])::nested", "NULL"]),
    ("text_array", "text[]", [
        "'{}'", "'{NULL,\"NULL\",\"\",\"a\\\"b\\\\\\\\c,{}\"}'", r"ARRAY[E'\n', '\N', ' x ']", "'[-1:0]={a,b}'", "'[2:2][3:4]={{x,y}}'", "NULL",
    ]),
    ("numeric_matrix", "numeric[][]", ["'{{1.10,NaN},{NULL,-0.0}}'", "'{{{1}},{{2}}}'", "NULL"]),
    ("float_array", "double precision[]", ["'{-0,NaN,Infinity,5e-324}'", "NULL"]),
    ("timestamptz_array", "timestamptz[]", ["'{infinity,\"2026-01-01 00:00+03\",NULL}'", "NULL"]),
    ("interval_array", "interval[]", ["'{\"-1 year +2 days\"}'", "NULL"]),
    ("bytea_array", "bytea[]", [r"ARRAY['\x00'::bytea, '\x', NULL]", "NULL"]),
    ("jsonb_array", "jsonb[]", ["ARRAY['{\"a\": \"\\\"\"}'::jsonb, 'null', NULL]", "NULL"]),
    ("mood_array", "mood[]", ["ARRAY['it''s \"bad\"', E'line\\nend', NULL]::mood[]", "NULL"]),
    ("pair_array", "pair[]", ["ARRAY['(1,\"x,y\",)'::pair]", "NULL"]),
    ("range_array", "tsrange[]", ["ARRAY['empty'::tsrange, '(,\"2026-01-01 00:00\"]']", "NULL"]),
    ('odd, "name" %s :x {}\n', "text", ["'x'", "NULL"]),
    ("farewell_fate", "text", ["'new'", "'other'", "NULL"]),
]  # fmt: skip
EXTRA = [
    ("computed", "integer GENERATED ALWAYS AS (id * 2) STORED"),
    ("virtual", "integer GENERATED ALWAYS AS (id * 3) VIRTUAL"),
]


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


TABLE = "every type"
INVENTORY = Inventory.model_validate(
    {
        "root": "account",
        "data_set": [
            {
                "name": "every-type",
                "table": quoted(TABLE),
                "key": ["id"],
                "hops": ['"every type".account_id -> account.id'],
            },
            {"name": "account", "table": "account", "key": ["id"]},
        ],
    }
)


def script() -> list[str]:
    """The schema."""
    columns = ", ".join(f"{quoted(column)} {kind}" for column, kind, _ in COLUMNS)
    extra = ", ".join(f"{column} {kind}" for column, kind in EXTRA)
    key = "id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account_id integer NOT NULL REFERENCES account"
    return [*SCHEMA.strip().removesuffix(";").split(";\n"), f"CREATE TABLE {quoted(TABLE)} ({key}, {columns}, {extra})"]


def rows(*without: str) -> list[str]:
    """INSERTs: every value of every column at least once; types that the server was built `without` stay NULL."""
    names = ", ".join(quoted(column) for column, _, _ in COLUMNS)
    lists = [["NULL"] if kind in without else values for _, kind, values in COLUMNS]
    return [
        f"INSERT INTO {quoted(TABLE)} (account_id, {names}) VALUES ({account}, {', '.join(v[at % len(v)] for v in lists)})"
        for account in (1, 2)
        for at in range(max(map(len, lists)))
    ]


def unsupported(engine: Engine) -> tuple[str, ...]:
    """Types that this server was built without."""
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT '<a/>'::xml")
    except NotSupportedError:
        return ("xml",)
    return ()
