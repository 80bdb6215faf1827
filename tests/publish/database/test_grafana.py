"""docs/grafana/dora.json: every query runs on PostgreSQL, and its figures are the report's."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from dora.analysis.analysis import analyse
from dora.demo.organization import build as organization
from dora.model.environments import TIERS
from dora.render import formatting
from dora.report.build import report_of
from dora.report.build_evidence import build_evidence
from dora.report.evidence_json import as_document as evidence_document
from dora.report.ranges import Place
from dora.report.report_json import as_document, instant, render_json
from tests.support.databases import WHOLE, deployment, episode, evidence, sent, whole_report
from tests.support.oracle_settings import config_for, tables_for
from tests.support.published_files import judged_report
from tests.support.published_files import row as made_row
from tests.support.servers.postgresql import Server

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
SINCE = NOW - timedelta(days=90)
FILE = Path(__file__).parents[3] / "docs" / "grafana" / "dora.json"
BOARD: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
PANELS = [one for one in BOARD["panels"] if one["type"] != "row"]
VARIABLES = {one["name"]: one for one in BOARD["templating"]["list"]}
#: What Grafana puts in place of its macros and variables, all of them that are used.
MACRO = re.compile(r"\$__(timeFilter|timeFrom|timeTo)\(([^)]*)\)|\$\{(\w+)(?::(\w+))?\}")

Rows = list[dict[str, Any]]


@dataclass
class Store:
    """A database with the reports of the made-up organization, and these reports."""

    connection: psycopg.Connection[dict[str, Any]]
    report: dict[str, Any]
    team: dict[str, Any]
    evidence: dict[str, Any]

    def ask(self, sql: str, **chosen: list[str]) -> Rows:
        """What a query gives, with these choices of variables and all of the others."""
        values = {name: self.values(name, chosen) for name in names_in(sql)}
        return self.connection.execute(expanded(sql, values)).fetchall()  # type: ignore[call-overload,no-any-return,unused-ignore]  # the board's own

    def values(self, name: str, chosen: dict[str, list[str]]) -> list[str]:
        """The values of a variable: those chosen, else all that its own query gives."""
        if name in chosen:
            return chosen[name]
        variable = VARIABLES[name]
        if variable["type"] == "constant":
            return [variable["query"]]
        given = [str(next(iter(row.values()))) for row in self.ask(variable["query"], **chosen)]
        return given if variable["multi"] else given[:1]


def names_in(sql: str) -> set[str]:
    """The variables that a query uses."""
    return {found[3] for found in MACRO.finditer(sql) if found[3]}


def expanded(sql: str, values: dict[str, list[str]]) -> str:
    """A query as Grafana sends it, for the window of the report."""
    begin, end = (f"'{instant(one)}'" for one in (SINCE, NOW))

    def put(found: re.Match[str]) -> str:
        macro, column, name, how = found.groups()
        if name:
            quoted = ",".join("'" + one.replace("'", "''") + "'" for one in values[name])
            return quoted if how == "sqlstring" else ",".join(values[name])
        times = {"timeFilter": f"{column} BETWEEN {begin} AND {end}", "timeFrom": begin}
        return times.get(macro, end)

    made = MACRO.sub(put, sql)
    assert "$" not in made
    return made


@pytest.fixture(scope="module")
def store(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The made-up organization's report by repository and by team, and its evidence."""
    folder = tmp_path_factory.mktemp("demo")
    made = organization.build_organization(NOW, organization.SEED)
    asked = {"since": SINCE, "until": NOW, "by": "team"}
    tables, config = tables_for(made, asked), config_for(made, asked)
    by_team = config.model_copy(update={"by": "team", "trend": "week", "tier": ()})
    by_repository = by_team.model_copy(update={"by": "repository", "tier": TIERS})
    analysis = analyse(tables, by_repository)
    evidence = evidence_document(build_evidence(analysis, tables, by_repository))
    reports = [report_of(analysis, tables, one) for one in (by_repository, by_team)]
    url = server.url(server.database())
    sent(url, folder, reports[0], evidence)
    sent(url, folder, reports[1])
    assert json.loads(render_json(reports[1]))["teams"]
    with server.connect(url.rpartition("/")[2], row_factory=dict_row) as connection:
        report, team = (json.loads(json.dumps(as_document(one))) for one in reports)
        yield Store(connection, report, team, json.loads(json.dumps(evidence)))


def panel(title: str) -> str:
    """The query of the one panel whose title begins so."""
    (found,) = [one for one in PANELS if one["title"].startswith(title)]
    (target,) = found["targets"]
    return str(target["rawSql"])


def place(row: dict[str, Any]) -> tuple[str, str, str]:
    """Key of a row of a panel, or of the report."""
    key = row.get("key", row)
    return key["repository"], key["environment"], key.get("service", "")


NOW_PANELS: dict[str, tuple[str, dict[str, Any]]] = {
    "Deployment frequency now": (
        "deployment_frequency",
        {"deployments": "deployments", "per_day": "per_day", "low": ("per_day_interval", 0),
         "high": ("per_day_interval", 1), "days": "exposure_days"},
    ),
    "Lead time for changes now": (
        "change_lead_time",
        {"changes": "changes", "median": "median", "p90": "p90",
         "low": ("median_interval", 0), "high": ("median_interval", 1)},
    ),
    "Change fail rate now": (
        "change_fail_rate",
        {"failed": "failed", "deployments": "deployments", "rate": "rate",
         "never_live": "never_live", "low": ("interval", 0), "high": ("interval", 1)},
    ),
    "Failed deployment recovery time now": (
        "recovery_time",
        {"failures": "episodes", "recovered": "recovered", "open": "open", "median": "median",
         "carried_in": "carried_in", "mean": "mean", "longest": "longest",
         "low": ("median_interval", 0), "high": ("median_interval", 1)},
    ),
    "Rework rate now": (
        "rework_rate",
        {"rework": "rework", "deployments": "deployments", "rate": "rate",
         "low": ("interval", 0), "high": ("interval", 1)},
    ),
    "Waiting work now": ("waiting", {"changes": "changes", "oldest": "oldest"}),
}  # fmt: skip


def at(value: Any, path: Any) -> Any:
    """What stands in a metric at a name, or at a place of an interval that may not be there."""
    if isinstance(path, str):
        return value[path]
    return value[path[0]] and value[path[0]][path[1]]


@pytest.mark.parametrize("title", NOW_PANELS)
def test_now(store: Store, title: str) -> None:
    """Figures of the newest report are those of its rows, with their sample sizes."""
    metric, columns = NOW_PANELS[title]
    expected = {
        place(row): {name: at(row[metric], path) for name, path in columns.items()}
        for row in store.report["rows"]
        if row[metric] is not None
    }
    found = {place(row): {name: row[name] for name in columns} for row in store.ask(panel(title))}

    assert expected
    assert expected == found


def shown(found: list[float] | None) -> str | None:
    """The text of a place; none where it is unknown, or says nothing."""
    return (formatting.place(Place(*found)) if found else None) or None


PLACED = {
    "Deployment frequency now": "deployment_frequency",
    "Lead time for changes now": "change_lead_time",
    "Failed deployment recovery time now": "recovery_time",
}


def test_places(store: Store) -> None:
    """B5: where a panel showed a level it shows the place, and what waits beside the lead time."""
    for title, metric in PLACED.items():
        expected = {place(row): shown(row[metric]["place"]) for row in store.report["rows"]}
        asked = store.ask(panel(title))
        assert expected == {place(row): row["place"] for row in asked}
        assert {None} == {row["level"] for row in asked}
        assert len({*expected.values()}) > 2
    waits = {
        place(row): row["delivery"] and (row["delivery"]["median"], row["delivery"]["waiting"])
        for row in store.report["rows"]
    }
    assert waits == {
        place(row): (row["delivery"], row["waiting"]) if row["waiting"] is not None else None
        for row in store.ask(panel("Lead time for changes now"))
    }


def test_levels_of_a_year(server: Server, tmp_path: Path) -> None:
    """B3: a level, or the range of levels, is shown as a performer's, with its year."""
    url = server.url(server.database())
    sent(url, tmp_path, replace(judged_report(), scope=WHOLE))
    with server.connect(url.rpartition("/")[2], row_factory=dict_row) as connection:
        known = Store(connection, {}, {}, {})
        titles = (*PLACED, "Change fail rate now")
        found = {title: known.ask(panel(title))[0] for title in titles}
        parts = known.ask(panel("Lead time for changes, median, and"), bucket=["month"])

    assert {title: row["level"] for title, row in found.items()} == {
        "Deployment frequency now": None,
        "Lead time for changes now": "medium to elite performer, 2023",
        "Failed deployment recovery time now": None,
        "Change fail rate now": "high performer, 2023",
    }
    assert [found[title]["place"] for title in PLACED] == ["top 23–45 %", None, "top 21–100 %"]
    # The part before the row began is a gap (DF2).
    assert [(None, None), (20 * 3_600.0, 90)] == [(one["value"], one["sample"]) for one in parts]


@pytest.mark.parametrize(
    ("title", "metric", "value", "sample"),
    [
        ("Deployment frequency, successful deployments a day, and", "deployment_frequency",
         "per_day", "deployments"),
        ("Lead time for changes, median, and", "change_lead_time", "median", "changes"),
        ("Change fail rate, share that", "change_fail_rate", "rate", "deployments"),
        ("Failed deployment recovery time, median", "recovery_time", "median", "episodes"),
        ("Rework rate, share that", "rework_rate", "rate", "deployments"),
    ],
)  # fmt: skip
def test_over_time(store: Store, title: str, metric: str, value: str, sample: str) -> None:
    """Series are the buckets of the report that begin within the time range."""
    expected = {
        (bucket["start"], " / ".join(filter(None, ("medica-flow", *place(row))))): (
            bucket[metric] and bucket[metric][value], bucket[metric] and bucket[metric][sample],
        )
        for row in store.report["rows"]
        for bucket in row["trend"]
    }  # fmt: skip
    found = {
        (instant(row["time"]), row["place"]): (row["value"], row["sample"])
        for row in store.ask(panel(title))
    }

    assert len(expected) > 500
    assert expected == found


def test_teams(store: Store) -> None:
    """Pooled figures of teams are those of the report by team."""
    names = {
        "deployments": ("deployment_frequency", "deployments"),
        "per_day": ("deployment_frequency", "per_day"),
        "changes": ("change_lead_time", "changes"), "lead_time": ("change_lead_time", "median"),
        "finished": ("change_fail_rate", "deployments"), "fail_rate": ("change_fail_rate", "rate"),
        "failures": ("recovery_time", "episodes"), "open": ("recovery_time", "open"),
        "recovery": ("recovery_time", "median"), "rework_rate": ("rework_rate", "rate"),
    }  # fmt: skip
    placed = {"frequency_place": "deployment_frequency", "lead_time_place": "change_lead_time",
              "recovery_place": "recovery_time"}  # fmt: skip
    expected = [
        {
            "organization": "medica-flow",
            **row["key"],
            **{name: row[metric][one] for name, (metric, one) in names.items()},
            **{name: shown(row[metric]["place"]) for name, metric in placed.items()},
        }
        for row in store.team["rows"]
    ]

    assert len(expected) > 3
    assert expected == sorted(store.ask(panel("Teams:")), key=lambda row: str(row["team"]))


def test_open_failures(store: Store) -> None:
    """Open failures are those of the report, of either kind, linked to their first deployment."""
    found = store.ask(panel("Open failures"))
    told = [one for one in store.evidence["episodes"] if one["ended_at"] is None]
    urls = {one["id"]: one["url"] for one in store.evidence["deployments"]}

    assert sum(row["recovery_time"]["open"] for row in store.report["rows"]) == len(found) > 2
    assert {False, True} == {row["never_live"] for row in found}
    assert sorted(
        (one["began_at"], urls[min(one["deployments"])], one["never_live"]) for one in told
    ) == sorted((instant(row["began_at"]), row["url"], row["never_live"]) for row in found)
    assert all((NOW - row["began_at"]).total_seconds() == row["lasted"] for row in found)


def test_outages_that_nobody_looks_at(server: Server, tmp_path: Path) -> None:
    """An outage that began before the newest window is not open for ever; a narrow run hides none.

    Coverage is that of the whole run of a window.
    """
    url = server.url(server.database())
    long, short = (episode([n], NOW - timedelta(days=n)) for n in (80, 3))
    items = [deployment(n, NOW - timedelta(days=n), "status") for n in (80, 3)]
    sent(url, tmp_path, whole_report(made_row("api")), evidence(*items, long, short))
    narrow = replace(WHOLE, repositories=("web",))
    made = whole_report(made_row("web"), made_row("more"), scope=narrow, until=NOW)
    sent(url, tmp_path, made, evidence(scope=narrow, days=1))
    with server.connect(url.rpartition("/")[2], row_factory=dict_row) as connection:
        known = Store(connection, {}, {}, {})
        seen = known.ask(panel("What the newest report did not see"))
        before = known.ask(panel("Open failures"))
        connection.rollback()
        later = NOW + timedelta(days=1)
        told = evidence(*items[1:], short, until=later, days=30)
        sent(url, tmp_path, whole_report(made_row("api"), until=later), told)
        after = known.ask(panel("Open failures"))

    assert ["80", "3"] == [one["deployment"] for one in before]
    assert {"acme"} == {one["organization"] for one in before}
    assert {"https://github.com/acme/api"} == {one["repository_url"] for one in before}
    assert [] == seen
    assert ["3"] == [one["deployment"] for one in after]


def test_slowest_changes(store: Store) -> None:
    """The slowest changes are those of the evidence, slowest first."""
    found = store.ask(panel("Slowest changes"))
    told = sorted((one["lead_time"] for one in store.evidence["changes"]), reverse=True)[:25]
    urls = {one["url"] for one in store.evidence["changes"]}

    assert told == [row["lead_time"] for row in found]
    assert {row["url"] for row in found} <= urls
    assert any(row["pull_request"] for row in found)
    assert all(
        row["pull_request_url"] == f"{row['repository_url']}/pull/{row['pull_request']}"
        for row in found
        if row["pull_request"]
    )


def test_failures_by_reason(store: Store) -> None:
    """How many failed deployments a signal marked is the sum over the report's rows."""
    expected: dict[str, int] = {}
    for row in store.report["rows"]:
        for name, count in row["change_fail_rate"]["reasons"].items():
            expected[name] = expected.get(name, 0) + count
    found = {row["reason"]: row["failed"] for row in store.ask(panel("Failures by reason"))}

    assert len(expected) > 4
    assert expected == found


def test_failed_deployments(store: Store) -> None:
    """The newest failed deployments, with every sign that says so."""
    failed = sorted(
        (min(filter(None, (one["succeeded_at"], one["failed_status_at"]))), one["id"], one["url"],
         ", ".join(sorted({why["signal"] for why in one["reasons"]})))
        for one in store.evidence["deployments"]
        if one["reasons"]
    )  # fmt: skip
    inside = [one for one in failed if instant(SINCE) <= one[0]]
    found = store.ask(panel("Failed deployments"))

    assert inside[::-1][:100] == [
        (instant(row["finished_at"]), int(row["deployment"]), row["url"], row["reasons"])
        for row in found
    ]


def test_what_was_not_seen(store: Store) -> None:
    """Coverage is the report's, less what is 0."""
    coverage = store.report["coverage"]
    counts = {"skipped": coverage["repositories"]["skipped"]}
    counts |= {name: coverage[name] for name in ("deployments", "changes", "incidents")}
    expected = {(about, name): count for about, named in counts.items()
                for name, count in named.items() if count}  # fmt: skip
    found = store.ask(panel("What the newest report did not see"))

    assert expected == {(row["about"], row["name"]): row["amount"] for row in found}


def test_variables(store: Store) -> None:
    """Each variable offers what the reports have; a team offers its repositories alone."""
    rows = store.report["rows"]
    teams = store.team["teams"]
    offered = {
        name: store.values(name, {})
        for name in VARIABLES
        if name not in {"datasource", "definitions"}
    }

    assert {
        "schema": ["dora"],
        "organization": ["medica-flow"],
        "team": sorted(teams),
        "repository": sorted({row["key"]["repository"] for row in rows}),
        "environment": sorted({row["key"]["environment"] for row in rows}),
        "bucket": ["week"],
    } == offered
    for team, own in teams.items():
        known = {row["key"]["repository"] for row in rows}
        assert sorted(known & set(own)) == store.values("repository", {"team": [team]})


CHOOSY = [one for one in PANELS if "${repository" in one["targets"][0]["rawSql"]]


@pytest.mark.parametrize("one", CHOOSY, ids=lambda one: one["title"])
def test_choices_narrow(store: Store, one: dict[str, Any]) -> None:
    """A repository and environment that are chosen are the only ones that a panel shows."""
    sql = one["targets"][0]["rawSql"]
    some = store.ask(sql, repository=["patient-api"], environment=["production"])
    everything = store.ask(sql)
    none = store.ask(sql, repository=["' OR ''='"], environment=["production"])

    assert len(some) <= len(everything)
    assert some != everything
    assert [] == none


def test_titles_and_links() -> None:
    """Every panel says what it shows and cites its rule; links and units name columns there are."""
    for one in PANELS:
        assert len(one["title"]) > 20, one["title"]
        assert re.search(r"deployments|percent|minutes|What", one["title"]), one["title"]
        (link,) = one["links"]
        assert re.fullmatch(r"\$\{definitions:raw\}#[a-z-]+", link["url"])
        rules = FILE.parents[1].joinpath("metrics.md").read_text(encoding="utf-8").lower()
        heading = link["url"].partition("#")[2].replace("-", " ")
        assert f"\n## {heading}\n" in rules
        assert re.search(r"\b(DF|LT|F|R|RW|G|C)\d.* in docs/metrics.md", one["description"])
        assert {"type": "grafana-postgresql-datasource", "uid": "${datasource}"} == one[
            "datasource"
        ]
    ids = [one["id"] for one in BOARD["panels"]]
    assert len(set(ids)) == len(ids)
    assert ("dora-report", None) == (BOARD["uid"], BOARD["id"])
    assert [*VARIABLES] == ["datasource", "schema", "definitions", "organization", "team",
                            "repository", "environment", "bucket"]  # fmt: skip


def test_columns_of_overrides(store: Store) -> None:
    """What an override or a link names is a column of the panel's query."""
    for one in PANELS:
        sql = expanded(
            one["targets"][0]["rawSql"],
            {name: store.values(name, {}) for name in names_in(one["targets"][0]["rawSql"])},
        )
        description = store.connection.execute(sql).description or ()  # type: ignore[call-overload,unused-ignore]  # the board's own
        columns = {column.name for column in description}
        for override in one["fieldConfig"]["overrides"]:
            if override["matcher"]["id"] == "byName":
                assert override["matcher"]["options"] in columns, one["title"]
            for name in re.findall(r"__data\.fields\.(\w+)", json.dumps(override)):
                assert name in columns, one["title"]


def test_panels_do_not_overlap() -> None:
    """Every panel has a place of its own within the 24 columns."""
    taken: set[tuple[int, int]] = set()
    for one in BOARD["panels"]:
        where = one["gridPos"]
        cells = {
            (x, y)
            for x in range(where["x"], where["x"] + where["w"])
            for y in range(where["y"], where["y"] + where["h"])
        }
        assert not cells & taken, one["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
