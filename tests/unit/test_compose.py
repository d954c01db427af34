"""What `docker-compose.yml`, README.md and docs/operating.md say, held against the code. No container engine is needed."""

import json
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from joserfc.jwk import OKPKey

from connectors.keys import FolderKeyStore
from connectors.smtp import SmtpMessenger
from connectors.temporal import SEARCH_ATTRIBUTES
from devstack.s3 import CLOSED_DOORS
from models.settings import SECRETS, Settings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [service for service in SERVICES.values() if "build" in service]
# They run to their end, and others wait for that.
ONE_SHOTS = {
    name
    for service in SERVICES.values()
    for name, wait in service.get("depends_on", {}).items()
    if wait["condition"] == "service_completed_successfully"
}
NAMES = {(field.alias or f"FAREWELL_{name.upper()}"): field for name, field in Settings.model_fields.items()}
FILES = {f"FAREWELL_{name.upper()}_FILE" for name in SECRETS}


@pytest.mark.parametrize("service", OURS, ids=lambda service: service["command"][0])
def test_every_farewell_name_is_a_setting(service: dict[str, Any]) -> None:
    named = {name for name in service["environment"] if name.startswith("FAREWELL_")}
    assert named <= NAMES.keys() | FILES


@pytest.mark.parametrize("service", OURS, ids=lambda service: service["command"][0])
def test_every_required_setting_is_set(service: dict[str, Any]) -> None:
    named = {name.removesuffix("_FILE") if name in FILES else name for name in service["environment"]}
    assert {name for name, field in NAMES.items() if field.is_required()} <= named


@pytest.mark.parametrize("service", OURS, ids=lambda service: service["command"][0])
def test_secrets_come_as_files_that_are_mounted(service: dict[str, Any]) -> None:
    mounted = {f"/run/secrets/{name}" for name in service["secrets"]}
    told = {value for value in service["environment"].values() if value.startswith("/run/secrets/")}
    assert told == mounted


def test_no_secret_stands_in_the_file() -> None:
    inside = {name for service in SERVICES.values() for name in service.get("environment", {}) if _is_secret(name)}
    assert inside <= FILES | {"POSTGRES_PASSWORD_FILE"}
    used = {name for service in SERVICES.values() for name in service.get("secrets", [])}
    assert used == COMPOSE["secrets"].keys()


def _is_secret(name: str) -> bool:
    return "PASSWORD" in name or "_KEY" in name.removeprefix("FAREWELL_KEYS")


def test_every_image_is_pinned() -> None:
    images = {service["image"] for service in SERVICES.values()}
    images |= set(re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE))
    assert all(re.search(r":v?\d+\.\d+", image) for image in images), images


def test_whatever_goes_on_has_a_health_check() -> None:
    assert {name for name, service in SERVICES.items() if "healthcheck" not in service} == ONE_SHOTS
    assert {"tables", "setup", "temporal-schema", "temporal-namespace"} == ONE_SHOTS


def test_the_namespace_that_is_made_is_the_one_that_is_used() -> None:
    (made,) = re.findall(r"namespace create --namespace (\S+)", " ".join(SERVICES["temporal-namespace"]["command"]))
    assert {service["environment"]["TEMPORAL_NAMESPACE"] for service in OURS} == {made}


def test_the_storage_opens_no_door_that_the_embedded_one_closes() -> None:
    assert set(CLOSED_DOORS) <= set(SERVICES["storage"]["command"])


def test_the_search_attributes_fit_the_server() -> None:
    types = list(SEARCH_ATTRIBUTES.values())
    assert types.count("Keyword") <= 10  # Source: STACK, search attributes
    assert types.count("Datetime") <= 3
    assert SERVICES["setup"]["command"] == ["farewell", "setup"]  # tests/e2e/test_setup.py: it registers exactly these


def test_the_secrets_of_operating_md_are_those_of_compose_and_open_what_they_should(tmp_path: Path) -> None:
    recipe = re.search(
        r"```sh\n# secrets\n(.+?)```", (ROOT / "docs/operating.md").read_text(encoding="utf-8"), re.DOTALL
    )
    assert recipe is not None
    (tmp_path / ".venv").symlink_to(sys.prefix)
    subprocess.run(["bash", "-euc", recipe[1]], cwd=tmp_path, check=True)
    folder = tmp_path / "secrets"
    assert {file.name for file in folder.iterdir()} == COMPOSE["secrets"].keys()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for whose in ("database", "database_owner"):
        assert (folder / f"{whose}_password").read_text().strip() in (folder / f"{whose}_url").read_text()
    FolderKeyStore(tmp_path, (folder / "master_key").read_text().strip())
    assert OKPKey.import_key(json.loads((folder / "signing_key").read_text())).is_private
    assert json.loads((folder / "storage_identities").read_text())["identities"][0]["name"] == "farewell"


def test_the_readme_s_table_names_every_setting() -> None:
    rows = re.findall(
        r"^\| (`FAREWELL_.+?) \| (yes|) ?\|", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    told = {name: needed == "yes" for names, needed in rows for name in re.findall(r"FAREWELL_\w+", names)}
    assert told == {name: field.is_required() for name, field in NAMES.items()}


def test_the_worker_s_settings_are_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (worker,) = [service for service in OURS if service["command"] == ["farewell-worker"]]
    for name, value in worker["environment"].items():
        monkeypatch.setenv(name, _default(value).replace("/run/secrets", str(tmp_path)))
    for secret in worker["secrets"]:
        (tmp_path / secret).write_text(f"sqlite:///{secret}.db\n")
    for key in ("master_key", "link_key", "suppression_key"):
        (tmp_path / key).write_text("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")
    settings = Settings()
    assert settings.database_url == "sqlite:///database_url.db"
    assert not settings.embedded
    SmtpMessenger(settings.smtp_url)
    FolderKeyStore(tmp_path, settings.master_key.get_secret_value())


def test_the_pages_are_served_where_the_links_lead() -> None:
    web = SERVICES["web"]
    _, host, _, _, port = web["command"]
    (published,) = web["ports"]
    assert _default(web["environment"]["FAREWELL_PUBLIC_URL"]) == f"http://{published.removesuffix(f':{port}')}"
    assert host == "--host"
    assert f"127.0.0.1:{port}/health" in web["healthcheck"]["test"][-1]
    (s3,) = SERVICES["storage"]["ports"]
    assert _default(web["environment"]["FAREWELL_S3_PUBLIC_URL"]) == f"http://{s3.removesuffix(':8333')}"


def _default(value: str) -> str:
    """What compose makes of `${NAME:-default}`."""
    return re.sub(r"\$\{\w+:-(.*?)\}", r"\1", value)
