"""`dora publish prometheus` with the real programs: Pushgateway, Prometheus, exporter, promtool."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from dora.publish.gauges import gauges_of
from dora.publish.prometheus.exposition import exposition
from dora.report.model import Report
from tests.support.command import dora
from tests.support.expected_series import wanted
from tests.support.published_files import written
from tests.support.reports import ALL, BY_TEAM, HOSTILE, SERVICES, USUAL
from tests.support.servers.prometheus import (
    Series,
    node_exporter,
    prometheus,
    promtool,
    pushgateway,
    seen,
)

DOCS = Path(__file__).parents[2] / "docs"
RULES = DOCS / "prometheus" / "rules.yml"
USER, PASSWORD = "prom-user-7f3", "let me/in:ü"
#: bcrypt of PASSWORD, at a cost for tests.
HASHED = "$2b$05$abcdefghijklmnopqrstuurxDslk1vBan.0JdYIu8oht6o5Y8nZbe"

# -- A Pushgateway, and a Prometheus that reads it ----------------------------------------------


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Addresses of a Pushgateway, and of a Prometheus that reads it."""
    with (
        pushgateway() as gateway,
        prometheus(tmp_path_factory.mktemp("prometheus"), gateway) as url,
    ):
        yield gateway, url


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a Pushgateway that wants a password."""
    settings = tmp_path_factory.mktemp("guarded") / "web.yml"
    settings.write_text(f"basic_auth_users: {{{USER}: '{HASHED}'}}\n")
    with pushgateway(f"--web.config.file={settings}") as gateway:
        yield gateway


def push(made: Report, gateway: str, folder: Path) -> None:
    path = written(folder, made)
    done = dora("publish", "prometheus", path, "--pushgateway", gateway, folder=folder)
    assert (0, "") == (done.returncode, done.stdout), done.stderr


def test_what_was_pushed_is_what_prometheus_answers(
    programs: tuple[str, str], tmp_path: Path
) -> None:
    """After each push Prometheus has the figures of that report alone: no double, nothing old."""
    gateway, url = programs
    for made in (USUAL, USUAL, SERVICES, replace(USUAL, rows=USUAL.rows[:1])):
        push(made, gateway, tmp_path)
        ours = wanted(made, job="dora")
        assert ours == seen(url, ours)


def test_a_report_by_team_stands_beside_one_by_repository(
    programs: tuple[str, str], tmp_path: Path
) -> None:
    """Pushing a report by team leaves that by repository: what a report is by is of the group."""
    gateway, url = programs
    by_repository, by_team = (replace(made, organization="beside") for made in (USUAL, BY_TEAM))
    for made in (by_repository, by_team, by_team):
        push(made, gateway, tmp_path)
    ours = wanted(by_repository, job="dora") | wanted(by_team, job="dora")

    assert len(ours) == len(wanted(by_repository)) + len(wanted(by_team))
    assert ours == seen(url, ours)


def test_another_organization_is_another_group(programs: tuple[str, str], tmp_path: Path) -> None:
    """Pushing one leaves the other, and names come through as they are."""
    gateway, url = programs
    for made in (USUAL, HOSTILE):
        push(made, gateway, tmp_path)
    for made in (USUAL, HOSTILE):
        ours = wanted(made, job="dora")
        assert ours == seen(url, ours)


@pytest.mark.parametrize(
    ("user", "password", "status"),
    [(USER, PASSWORD, 0), (USER, "wrong-4711", 1), ("", "", 1)],
)
def test_a_gateway_with_a_password(
    user: str, password: str, status: int, guarded: str, tmp_path: Path
) -> None:
    """The right user and password are taken, and the wrong ones are refused."""
    path = written(tmp_path, USUAL)
    done = dora("publish", "prometheus", path, "--pushgateway", guarded, "--verbose",
                folder=tmp_path, DORA_PUSHGATEWAY_USER=user,
                DORA_PUSHGATEWAY_PASSWORD=password)  # fmt: skip

    assert status == done.returncode, done.stderr
    assert ("refuses the push (status 401)" in done.stderr) == bool(status)
    assert (password or PASSWORD) not in done.stderr


# -- A textfile collector -----------------------------------------------------------------------


@pytest.mark.parametrize("made", [USUAL, HOSTILE])
def test_a_node_exporter_gives_the_file(made: Report, tmp_path: Path) -> None:
    """A real textfile collector takes the file, and gives every figure as it stands there."""
    folder = tmp_path / "textfile"
    folder.mkdir()
    path = written(tmp_path, made)
    dora("publish", "prometheus", path, "--output", folder / "dora.prom", folder=tmp_path)

    assert wanted(made) == _exported(folder)


def test_two_files_stand_side_by_side(tmp_path: Path) -> None:
    """A real textfile collector gives a report by repository and one by team, every figure once."""
    folder = tmp_path / "textfile"
    folder.mkdir()
    for made in (USUAL, BY_TEAM):
        path = written(tmp_path, made)
        output = folder / f"dora-{made.by}.prom"
        done = dora("publish", "prometheus", path, "--output", output, folder=tmp_path)
        assert 0 == done.returncode, done.stderr

    assert USUAL.organization == BY_TEAM.organization
    assert wanted(USUAL) | wanted(BY_TEAM) == _exported(folder)


def _exported(folder: Path) -> Series:
    """What a real exporter gives of the files in *folder*; an error of its fails."""
    with node_exporter(folder) as url, urlopen(f"{url}/metrics") as answer:  # noqa: S310  # ours
        text = answer.read().decode()
    found = {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert 0.0 == found.pop(("node_textfile_scrape_error", frozenset()))
    return {key: one for key, one in found.items() if key[0].startswith("dora_")}


# -- promtool -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(ALL))
def test_promtool_finds_nothing_wrong(name: str) -> None:
    """Names, units and texts of every figure are as Prometheus wants them."""
    text = exposition(gauges_of(ALL[name]).gauges)

    assert (0, "") == promtool("check", "metrics", given=text)


def test_the_rules_can_be_loaded() -> None:
    """Every alert is one that Prometheus takes."""
    status, said = promtool("check", "rules", RULES)

    assert 0 == status, said
    assert "8 rules found" in said


def test_the_rules_fire_when_they_should() -> None:
    """Each alert fires above its limit and not at it."""
    status, said = promtool("test", "rules", DOCS / "prometheus" / "rules_test.yml")

    assert 0 == status, said


def expressions() -> list[str]:
    """Every expression of the page about Prometheus."""
    page = (DOCS / "prometheus.md").read_text()
    found = re.findall(r"^```promql\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    return [" ".join(one.split()) for one in found]


@pytest.mark.parametrize("expression", expressions())
def test_an_expression_can_be_asked(expression: str, tmp_path: Path) -> None:
    """Every expression of the page is one that Prometheus takes."""
    rules = tmp_path / "rules.yml"
    rules.write_text(
        "groups: [{name: docs, rules: [{record: one, expr: '"
        + expression.replace("'", "''")
        + "'}]}]"
    )
    status, said = promtool("check", "rules", rules)

    assert 0 == status, said
