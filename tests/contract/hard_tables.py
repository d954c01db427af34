"""The tables of the hard schema, for PostgreSQL, and what SQLite has instead."""

SCHEMA = """
CREATE SCHEMA crm;
CREATE SCHEMA "Odd.Schema";
CREATE TABLE "Account" (
  "Id" INTEGER PRIMARY KEY, "Name" TEXT NOT NULL, parent INTEGER REFERENCES "Account" ("Id"), owner_id INTEGER);
CREATE TABLE category (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES category (id), name TEXT);
CREATE TABLE country (code TEXT PRIMARY KEY, capital_id INTEGER);
CREATE TABLE city (id INTEGER PRIMARY KEY, country TEXT NOT NULL REFERENCES country (code));
CREATE TABLE weather (city_id INTEGER REFERENCES city (id), degrees INTEGER);
CREATE TABLE person (
  id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL REFERENCES "Account" ("Id"), city_id INTEGER REFERENCES city (id),
  "Value" TEXT, "value@case@" TEXT, "per cent %" TEXT, "col.dot" TEXT, "q""uote" TEXT, "select" TEXT);
CREATE TABLE project (
  id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL REFERENCES "Account" ("Id"), code TEXT,
  category_id INTEGER REFERENCES category (id));
CREATE TABLE project_person (
  project_id INTEGER NOT NULL REFERENCES project (id), person_id INTEGER NOT NULL REFERENCES person (id),
  PRIMARY KEY (project_id, person_id));
CREATE TABLE task (
  id INTEGER PRIMARY KEY, project_id INTEGER REFERENCES project (id), assignee_id INTEGER REFERENCES person (id),
  after_id INTEGER REFERENCES task (id));
CREATE TABLE time_entry (id INTEGER PRIMARY KEY, task_id INTEGER NOT NULL REFERENCES task (id) ON DELETE CASCADE);
CREATE TABLE comment (id INTEGER PRIMARY KEY, about_project TEXT, text TEXT);
CREATE TABLE deal (
  id INTEGER PRIMARY KEY, seller_id INTEGER NOT NULL REFERENCES "Account" ("Id"),
  buyer_id INTEGER REFERENCES "Account" ("Id"));
CREATE TABLE treaty (
  id INTEGER PRIMARY KEY, first_id INTEGER NOT NULL REFERENCES "Account" ("Id"),
  second_id INTEGER NOT NULL REFERENCES "Account" ("Id"));
CREATE TABLE folder (
  id INTEGER PRIMARY KEY, account_id INTEGER REFERENCES "Account" ("Id"), parent_id INTEGER REFERENCES folder (id));
CREATE TABLE team (id INTEGER PRIMARY KEY, account_id INTEGER REFERENCES "Account" ("Id"), lead_id INTEGER);
CREATE TABLE member (id INTEGER PRIMARY KEY, team_id INTEGER NOT NULL REFERENCES team (id), code TEXT);
CREATE TABLE doc (
  id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL REFERENCES "Account" ("Id"), current_id INTEGER NOT NULL@late@);
CREATE TABLE version (
  doc_id INTEGER NOT NULL REFERENCES doc (id) DEFERRABLE INITIALLY DEFERRED, id INTEGER NOT NULL UNIQUE,
  PRIMARY KEY (doc_id, id));
CREATE TABLE crm."order" (
  shop INTEGER NOT NULL REFERENCES "Account" ("Id"), no TEXT NOT NULL, PRIMARY KEY (shop, no));
CREATE TABLE "Odd.Schema"."LineItem" (
  shop INTEGER NOT NULL, order_no TEXT NOT NULL, line INTEGER NOT NULL, PRIMARY KEY (order_no, line, shop),
  FOREIGN KEY (shop, order_no) REFERENCES crm."order" (shop, no));
CREATE TABLE "Odd.Schema".lineitem (
  id INTEGER PRIMARY KEY, shop INTEGER, order_no TEXT,
  FOREIGN KEY (shop, order_no) REFERENCES crm."order" (shop, no));
CREATE TABLE invoice (
  id @identity@, account_id INTEGER NOT NULL REFERENCES "Account" ("Id"), net INTEGER NOT NULL,
  gross INTEGER GENERATED ALWAYS AS (net * 2) STORED);
CREATE TABLE event (
  id INTEGER NOT NULL, day DATE NOT NULL, account_id INTEGER NOT NULL REFERENCES "Account" ("Id"),
  PRIMARY KEY (id, day))@partitioned@;
CREATE TABLE log_line (account_id INTEGER REFERENCES "Account" ("Id"), text TEXT);
CREATE TABLE log_mark (person_id INTEGER REFERENCES person (id), project_id INTEGER REFERENCES project (id), mark TEXT);
CREATE TABLE "odd ""quoted"" name" (id INTEGER PRIMARY KEY, person_id INTEGER NOT NULL REFERENCES person (id));
CREATE TABLE "../escape" (
  "../id" INTEGER PRIMARY KEY, "in/out" INTEGER NOT NULL REFERENCES "odd ""quoted"" name" (id));
CREATE TABLE "dots.in.name" ("a.id" INTEGER PRIMARY KEY, "to.escape" INTEGER NOT NULL REFERENCES "../escape" ("../id"));
CREATE TABLE "new
line 100%" ("id
" INTEGER PRIMARY KEY, "dots" INTEGER NOT NULL REFERENCES "dots.in.name" ("a.id"));
CREATE VIEW open_orders AS SELECT * FROM crm."order";
"""
POSTGRESQL = """
CREATE TABLE event_old PARTITION OF event FOR VALUES FROM ('2000-01-01') TO ('2026-01-01');
CREATE TABLE event_new PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2100-01-01');
ALTER TABLE "Account" ADD FOREIGN KEY (owner_id) REFERENCES person (id);
ALTER TABLE country ADD FOREIGN KEY (capital_id) REFERENCES city (id);
ALTER TABLE team ADD FOREIGN KEY (lead_id) REFERENCES member (id);
ALTER TABLE doc ADD FOREIGN KEY (id, current_id) REFERENCES version (doc_id, id) DEFERRABLE INITIALLY DEFERRED;
"""
_ONLY_POSTGRESQL = {
    "@identity@": "INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    "@partitioned@": " PARTITION BY RANGE (day)",
    "@case@": "",
    "@late@": "",
}
_ONLY_SQLITE = {
    "CREATE SCHEMA crm;\n": "",
    'CREATE SCHEMA "Odd.Schema";\n': "",
    "capital_id INTEGER)": "capital_id INTEGER REFERENCES city (id))",
    "owner_id INTEGER)": "owner_id INTEGER REFERENCES person (id))",
    "lead_id INTEGER)": "lead_id INTEGER REFERENCES member (id))",
    "@late@": ", FOREIGN KEY (id, current_id) REFERENCES version (doc_id, id) DEFERRABLE INITIALLY DEFERRED",
    "@identity@": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "@partitioned@": "",
    "@case@": "_2",
}
_PLAIN_NAMES = {'"Odd.Schema".lineitem': "line_item", '"Odd.Schema".': "", "crm.": ""}


ODD, ESCAPE, DOTS, LINE = '"odd ""quoted"" name"', '"../escape"', '"dots.in.name"', '"new\nline 100%"'


def written_for(dialect: str, text: str) -> str:
    """A name, hop or statement as that database spells it."""
    if dialect == "postgresql":
        return text
    for ours, plain in _PLAIN_NAMES.items():
        text = text.replace(ours, plain)
    return text


def script_for(dialect: str) -> list[str]:
    """The statements that make the tables."""
    script = SCHEMA + (POSTGRESQL if dialect == "postgresql" else "")
    for ours, plain in (_ONLY_POSTGRESQL if dialect == "postgresql" else _ONLY_SQLITE).items():
        script = script.replace(ours, plain)
    return written_for(dialect, script).strip().removesuffix(";").split(";\n")
