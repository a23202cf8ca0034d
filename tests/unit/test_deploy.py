"""What deploy/compose.yaml promises, and that docs/deploy.md names every setting."""

import re

import yaml

from tests.conftest import ROOT

COMPOSE = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())
SERVICES = COMPOSE["services"]
SETTINGS = {
    name for file in (ROOT / "mnist_core").rglob("*.py") for name in re.findall('"(MNIST_[A-Z_]+)"', file.read_text())
}


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


def test_compose_and_the_page_know_the_settings_that_the_lab_reads():
    named = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs/deploy.md").read_text(), re.MULTILINE)
    assert {name for name in named if name.startswith("MNIST_")} == SETTINGS
    assert {name for name in SERVICES["app"]["environment"] if name.startswith("MNIST_")} <= SETTINGS
    variables = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "deploy/compose.yaml").read_text()))
    assert variables <= set(named)
