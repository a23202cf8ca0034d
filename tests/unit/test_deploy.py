"""What deploy/ promises, and that README.md and docs/deploy.md name every setting as it is."""

import re

import torch
import yaml

from mnist_core.devices import use_threads
from mnist_core.runs.limits import Limits, after_the_end
from tests.conftest import ROOT

COMPOSE = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())
SERVICES = COMPOSE["services"]
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text()
DEPLOY = (ROOT / "docs/deploy.md").read_text()

READ = re.compile(r"""(?:environ\.get\(|environ\[|whole\()\s*"([A-Z_]+)\"""")
SETTINGS = {name for file in (ROOT / "mnist_core").rglob("*.py") for name in READ.findall(file.read_text())}
SETTINGS -= {"PYTHONPATH"}  # read to be passed on
README = (ROOT / "README.md").read_text().partition("## Settings")[2].partition("\n## ")[0]
DEFAULTS = dict(re.findall(r"^\| `([A-Z_]+)` \| .* \| (.*) \|$", README, re.MULTILINE))


def test_the_readme_has_each_setting_that_the_lab_reads_and_no_other():
    assert len(SETTINGS) > 10
    assert DEFAULTS.keys() == SETTINGS


def test_the_defaults_in_the_readme_are_those_of_the_lab(monkeypatch):
    def in_effect() -> list[object]:
        use_threads()
        return [Limits.from_environment(), after_the_end(), torch.get_num_threads()]

    stated = {name: text.strip("`") for name, text in DEFAULTS.items() if re.fullmatch(r"\d+|`ask`", text)}
    assert len(stated) == 7
    for name in stated:
        monkeypatch.delenv(name, raising=False)
    unset = in_effect()
    for name, value in stated.items():
        monkeypatch.setenv(name, value)
    assert in_effect() == unset
    for name in stated.keys() - {"MNIST_RESUME", "MNIST_THREADS"}:
        monkeypatch.setenv(name, "7")
        assert in_effect() != unset
        monkeypatch.setenv(name, stated[name])


def test_only_the_app_can_be_reached_from_outside():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["app"]
    inside = {name for name, network in COMPOSE["networks"].items() if network and network["internal"]}
    assert all(set(service["networks"]) <= inside for name, service in SERVICES.items() if name != "app")


def test_there_is_no_password_that_somebody_could_leave_in():
    passwords = {
        value
        for service in SERVICES.values()
        for name, value in service.get("environment", {}).items()
        if "PASSWORD" in name
    }
    assert passwords
    assert all(value.startswith("${POSTGRES_PASSWORD:?") for value in passwords)


def test_compose_takes_the_settings_that_the_page_says_it_takes():
    own = set(re.findall(r"^\| `([A-Z_]+)` \|", DEPLOY, re.MULTILINE))
    named = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "deploy/compose.yaml").read_text()))
    assert own == named - SETTINGS
    environment = SERVICES["app"]["environment"]
    passed_on = {name for name, value in environment.items() if value is None} | named & SETTINGS
    assert passed_on == {name for name in SETTINGS if re.match("MNIST_MAX_|MNIST_KEEP_|MNIST_RESUME", name)}
    set_there = {name for name in environment if name in SETTINGS} - passed_on
    assert set_there == {"MNIST_STORE", "MNIST_SCHEDULER"}


def test_the_container_is_nobody_special_and_its_health_is_asked_where_the_app_answers():
    assert re.findall("^USER (.*)", DOCKERFILE, re.MULTILINE) == ["lab"]
    assert "useradd --uid 1000 --create-home lab" in DOCKERFILE
    port = re.search("^EXPOSE ([0-9]+)", DOCKERFILE, re.MULTILINE)[1]
    assert f"http://127.0.0.1:{port}/_stcore/health" in DOCKERFILE
    assert f'"--server.port={port}"' in DOCKERFILE


def test_nothing_but_what_the_lab_runs_on_goes_into_the_image():
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line[0] != "#"]
    assert rules[0] == "*"
    let_in = {rule[1:] for rule in rules if rule[0] == "!"}
    assert let_in == {".streamlit/config.toml", "Home.py", "mnist_core", "pages", "requirements.txt"}
    assert all((ROOT / name).exists() for name in let_in)


def test_the_space_and_its_container_agree_on_the_port():
    header = yaml.safe_load(DEPLOY.partition("   ---\n")[2].partition("   ---\n")[0])
    assert header["sdk"] == "docker"
    assert f"EXPOSE {header['app_port']}\n" in DOCKERFILE
