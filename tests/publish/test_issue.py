"""One issue, a comment a week: also after a crash, a lost answer, or somebody's forgery."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from dora.demo.github.server import Server, serve
from dora.demo.organization import build as organization
from dora.demo.organization.model import Comment, Issue, PullRequest
from dora.publish.retry import TemporaryFailure
from tests.support import small_organizations as small
from tests.support.command import dora
from tests.support.github import faults
from tests.support.github.faults import Faults, Refusal, Rule, Truncate
from tests.support.published_files import MONDAY, WEEK, report, row, written
from tests.support.reports import in_window
from tests.support.weekly_issue import (
    COMMENTS,
    ISSUES,
    THREE,
    WEEKS,
    WRITES,
    issues,
    publish,
    weeks,
)


@contextmanager
def serving(*rules: Rule, **more: Any) -> Iterator[Server]:
    made = small.organization(small.repository(commits=1, **more))
    with serve(made, middleware=[Faults(rules)]) as server:
        yield server


def test_three_weeks_in_a_row(tmp_path: Path) -> None:
    """Three weeks leave one issue that is up to date, and three comments."""
    with serving() as server:
        for made in WEEKS:
            done = publish(server, tmp_path, made)
            assert (0, "") == (done.returncode, done.stdout), done.stderr

        assert [THREE] == weeks(server)
        (issue,) = issues(server)
        assert "DORA metrics of acme" == issue.title
        assert "2026-12-07 06:00" in issue.body
        assert "nothing to compare with" in issue.comments[0].body
        assert "6.0 %<br>3 of 50 | 16 %<br>8 of 50" in issue.comments[1].body
        assert "Change fail rate |" in issue.comments[1].body  # no word without a clear change
        assert "Change lead time, worse" in issue.comments[2].body
        assert "Change fail rate" not in issue.comments[2].body


def test_the_same_week_again(tmp_path: Path) -> None:
    """A second report of a week takes the place of the first, and compares with the week before."""
    with serving() as server:
        for made in (WEEKS[0], WEEKS[1]):
            publish(server, tmp_path, made)
        later = report(row(failed=20), until=WEEKS[1].window.until + timedelta(hours=5))
        publish(server, tmp_path, later)

        assert [THREE[:2]] == weeks(server)
        assert "6.0 %<br>3 of 50 | 40 %<br>20 of 50" in issues(server)[0].comments[1].body
        assert "40 %" in issues(server)[0].body


def test_an_earlier_week_after_a_later_one(tmp_path: Path) -> None:
    """A report of last month that is posted again does not take the place of this week's."""
    with serving() as server:
        for made in (*WEEKS, in_window(WEEKS[1], timezone="Europe/Berlin")):
            assert 0 == publish(server, tmp_path, made).returncode

        assert [THREE] == weeks(server)
        (issue,) = issues(server)
        assert "2026-12-07 06:00" in issue.body
        assert "Europe/Berlin" in issue.comments[1].body


def test_nothing_is_written_where_nothing_changed(tmp_path: Path) -> None:
    """The same report again reads, and writes nothing."""
    with serving() as server:
        publish(server, tmp_path, WEEKS[0])
        before = len(server.requests)
        publish(server, tmp_path, WEEKS[0])

        assert {"GET"} == {one.method for one in server.requests[before:]}


class Died(BaseException):
    """What ends a run of a test where it stands."""


@pytest.mark.parametrize("carried_out", [True, False])
@pytest.mark.parametrize("write", WRITES)
def test_ended_half_way_and_run_again(
    write: str, carried_out: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever write it ends at, and whether it came through: still one issue and three weeks.

    A run that is killed by the system is tried in tests/system.
    """
    method, path, at, week = WRITES[write]
    effect = Truncate(0.0) if carried_out else faults.Reset()

    def die(send: Callable[[], Any], _: object) -> Any:
        try:
            return send()
        except TemporaryFailure:
            raise Died from None

    with serving(Rule(effect, method=method, path=path, at=[at])) as server:
        for number, made in enumerate(WEEKS):
            if number == week:
                with monkeypatch.context() as patched:
                    patched.setattr("dora.publish.issue.with_retries", die)
                    with pytest.raises(Died):
                        publish(server, tmp_path, made)
            assert 0 == publish(server, tmp_path, made).returncode

        assert [THREE] == weeks(server)


@pytest.mark.usefixtures("short_pauses")
@pytest.mark.parametrize("effect", [Truncate(0.0), faults.Reset(), faults.Status(502)])
@pytest.mark.parametrize("path", [ISSUES, COMMENTS])
def test_lost_answers_post_nothing_twice(effect: Any, path: str, tmp_path: Path) -> None:
    """An answer that was lost is looked for before anything is sent again."""
    with serving(Rule(effect, method="POST", path=path, at=[1])) as server:
        done = publish(server, tmp_path, WEEKS[0])

        assert 0 == done.returncode, done.stderr
        assert [THREE[:1]] == weeks(server)


@pytest.mark.usefixtures("short_pauses")
@pytest.mark.parametrize(
    ("effect", "message"),
    [
        (Refusal(403, "Resource not accessible by integration"), "permissions: issues: write"),
        (Refusal(410, "Issues are disabled for this repo"), "its issues turned on"),
        (Refusal(404, "Not Found"), "issues: write"),
        (Refusal(422, "Validation Failed"), "Check the title"),
        (faults.RateLimit("403", 3600), "rate limit"),
        (faults.Html(), "Run it again"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_refusals_say_what_to_do(effect: Any, message: str, method: str, tmp_path: Path) -> None:
    """What GitHub refuses ends with status 1 and two lines."""
    with serving(Rule(effect, method=method, path=ISSUES)) as server:
        done = publish(server, tmp_path, WEEKS[0])

        assert (1, "") == (done.returncode, done.stdout)
        assert 2 == len(done.stderr.splitlines()), done.stderr
        assert message.casefold() in done.stderr.casefold()
        assert () == issues(server)


def test_a_short_limit_is_waited_for(tmp_path: Path) -> None:
    """A limit that ends soon costs time alone."""
    limits = [Rule(faults.SecondaryLimit(403, 1), method="POST", at=[1])]
    with serving(*limits) as server:
        assert 0 == publish(server, tmp_path, WEEKS[0]).returncode
        assert [THREE[:1]] == weeks(server)


def test_forged_markers_are_passed_over(tmp_path: Path) -> None:
    """An issue or a comment of a stranger that bears our marker is not ours."""
    with serving() as server:
        publish(server, tmp_path, WEEKS[0])
        (real,) = issues(server)
    stranger: dict[str, Any] = {"author": "mallory", "author_association": "NONE"}
    forged = Issue(1, "Mine", small.after(1), body=real.body, **stranger)
    hostile = replace(real.comments[0], **stranger)
    kept = replace(real, number=2, author_association="NONE", comments=(hostile,))
    with serving(issues=(forged, kept)) as server:
        publish(server, tmp_path, WEEKS[0])
        first, second = issues(server)

        assert (forged.body, 0) == (first.body, len(first.comments))
        assert 2 == len(second.comments)


def test_pull_requests_and_other_titles_are_others(tmp_path: Path) -> None:
    """A title is an issue; pull requests stand in the same list and are none."""
    with serving(pull_requests=(PullRequest(1, small.after(1)),)) as server:
        publish(server, tmp_path, WEEKS[0])
        publish(server, tmp_path, WEEKS[0], "--title", "Care team")
        publish(server, tmp_path, WEEKS[1], "--title", "Care team")

        assert ["DORA metrics of acme", "Care team"] == [one.title for one in issues(server)]
        assert [THREE[:1], THREE[:2]] == weeks(server)


def test_a_closed_issue_stays_closed_and_is_used(tmp_path: Path) -> None:
    """Whoever closes the issue gets no second one."""
    with serving() as server:
        publish(server, tmp_path, WEEKS[0])
        closed = replace(issues(server)[0], closed_at=small.after(9_999))
        made = small.repository(commits=1, issues=(closed,))
        server.replace(small.organization(made))
        publish(server, tmp_path, WEEKS[1])

        assert [THREE[:2]] == weeks(server)
        assert issues(server)[0].closed_at is not None


def test_found_among_many(tmp_path: Path) -> None:
    """The issue is found on whichever page it is, and so is the week."""
    many = tuple(Issue(n, f"#{n}", small.after(n)) for n in range(1, 151))
    chatter = tuple(Comment(n, "+1", small.after(n)) for n in range(1, 131))
    with serving(issues=many) as server:
        publish(server, tmp_path, WEEKS[0])
        mine = issues(server)[-1]
        talked = replace(mine, comments=(*mine.comments, *chatter))
        server.replace(small.organization(small.repository(commits=1, issues=(*many, talked))))
        publish(server, tmp_path, WEEKS[0])
        publish(server, tmp_path, WEEKS[1])

        assert len(server.requests) < 60  # pages, and not an issue at a time
        assert 151 == len(issues(server))
        assert 132 == len(issues(server)[-1].comments)


HOSTILE = "`x` @acme/all #1\n<!-- dora:issue 0 -->|\u202e"


def test_a_hostile_title_is_one_line_of_text(tmp_path: Path) -> None:
    """A title with backticks, newlines and a marker is a title, and is found again."""
    with serving() as server:
        for made in WEEKS[:2]:
            assert 0 == publish(server, tmp_path, made, "--title", HOSTILE).returncode

        (issue,) = issues(server)
        assert "`x` @acme/all #1 <!-- dora:issue 0 -->|\ufffd" == issue.title
        assert [THREE[:2]] == weeks(server)


def test_hostile_names_mention_nobody_and_break_no_table(tmp_path: Path) -> None:
    """Names stand in code spans; a pipe is escaped; no comment of theirs hides anything."""
    names = [
        "@acme/all",
        "a|b",
        "<!-- dora:week 2026-W01 0 -->",
        "`",
        "https://x.test",
        "acme/api#1",
    ]
    rows = [row(name, failed=failed) for name in names for failed in (3,)]
    later = report(*[row(name, failed=9) for name in names], until=MONDAY + WEEK)
    with serving() as server:
        publish(server, tmp_path, report(*rows))
        publish(server, tmp_path, later)
        comment = issues(server)[0].comments[1].body

    table = [line for line in comment.splitlines() if line.startswith("| ")]
    assert 2 + len(names) == len(table)
    assert {4 + 1} == {len(re.findall(r"(?<!\\)\|", line)) for line in table}
    bare = re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", comment.split("-->", 2)[2])
    assert "@" not in bare
    assert "://" not in bare
    assert "<!--" not in bare


def test_a_report_of_many_rows_fits(tmp_path: Path) -> None:
    """Neither the issue nor a comment with its memory is longer than GitHub takes."""
    # Names that cannot be packed: fewer of them fill what a comment can hold.
    names = [sha256(str(number).encode()).hexdigest() for number in range(700)]
    with serving() as server:
        for failed, made in ((3, MONDAY), (20, MONDAY + WEEK)):
            big = report(*[row(name, failed=failed) for name in names], until=made)
            done = publish(server, tmp_path, big)
            assert 0 == done.returncode, done.stderr

        (issue,) = issues(server)
        assert max(len(issue.body), *(len(one.body) for one in issue.comments)) <= 65_536
        assert "moved" in issue.comments[1].body
        assert "New rows" not in issue.comments[1].body


def test_dry_run_writes_nothing(tmp_path: Path) -> None:
    """What would be sent is printed, with a token and without."""
    with serving() as server:
        publish(server, tmp_path, WEEKS[0])
        before = issues(server)
        shown = publish(server, tmp_path, WEEKS[1], "--dry-run")
        path = written(tmp_path, WEEKS[1])
        more: dict[str, Any] = {"GITHUB_REPOSITORY": "acme/api", "GITHUB_API_URL": server.url}
        offline = dora("publish", "issue", path, "--dry-run", folder=tmp_path, **more)

        assert (0, 0) == (shown.returncode, offline.returncode)
        assert "6.0 %<br>3 of 50 | 16 %<br>8 of 50" in shown.stdout
        assert "a new issue" in offline.stdout
        assert before == issues(server)


@pytest.mark.parametrize(
    "name", ["fhir-bridge", pytest.param("patient-api", marks=pytest.mark.thorough)]
)
def test_a_made_up_organization_with_evidence(name: str, tmp_path: Path) -> None:
    """Reports and evidence of the demonstration, week by week: deployments are named and linked."""
    now = MONDAY
    with serve(organization.build_organization(now, organization.SEED)) as server:
        for week in (1, 0):
            until = now - week * WEEK
            window = (
                "--since",
                f"{until - timedelta(days=30):%Y-%m-%d}",
                "--until",
                until.isoformat(),
            )
            asked = ("--org", "medica-flow", *window, "--repo", name, "--tier", "all", "--quiet")
            for command in ("report", "explain"):
                done = dora(command, *asked, "--format", "json", server=server, folder=tmp_path)
                assert 0 == done.returncode, done.stderr
                (tmp_path / f"{command}.json").write_text(done.stdout)
            place = ("--repository", "medica-flow/infrastructure", "--evidence", "explain.json")
            done = dora("publish", "issue", "report.json", *place, server=server, folder=tmp_path)
            assert 0 == done.returncode, done.stderr
        view = server.visible.view("medica-flow", "infrastructure")
        assert view is not None
        last = view.repository.issues[-1]

    assert 2 == len(last.comments)
    assert f"](https://github.com/medica-flow/{name}" in last.comments[-1].body
