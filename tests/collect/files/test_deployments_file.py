"""Files of deployments: what is read of them, and what is told of wrong ones (D8)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

from dora.collect.files.deployments import FileDeployment, read_deployments
from dora.model.outcome_rules import StatusRecord
from tests.support.tables import NOW

A, B, C = "a" * 40, "b" * 40, "c" * 40
HEADER = "repository,environment,sha,created_at,state,finished_at,url,task,id"
LIST = [
    HEADER,
    f"acme/Web,production,{A},2026-08-01T10:00:00Z,success,2026-08-01T10:05:00Z,https://ci/7,,7",
    f"web,Production,{B},2026-08-02T12:00:00+02:00,in_progress,,https://ci/8,,8",
    f"WEB,production,{B},2026-08-02 10:00:00.5Z,FAILURE,2026-08-02T10:09:00.123456789Z,,,8",
    "api,staging,ABCDEF1,2026-08-03T23:00:00-05,Cancelled,,,rollback,",
]


def at(day: int, hour: int, minute: int = 0, microsecond: int = 0) -> datetime:
    """An instant of August 2026."""
    return datetime(2026, 8, day, hour, minute, 0, microsecond, tzinfo=UTC)


WEB = [
    FileDeployment(
        "8", 1, "Production", B, "", "https://ci/8", at(2, 10),
        (StatusRecord("in_progress", at(2, 10), "https://ci/8"),
         StatusRecord("failure", at(2, 10, 9, 123456))),
    ),
    FileDeployment(
        "7", 0, "production", A, "", "https://ci/7", at(1, 10),
        (StatusRecord("success", at(1, 10, 5), "https://ci/7"),),
    ),
]  # fmt: skip
API = [
    FileDeployment(
        "5", 0, "staging", "abcdef1", "rollback", None, at(4, 4),
        (StatusRecord("inactive", at(4, 4)),),
    )
]  # fmt: skip


def read(
    folder: Path, content: str | bytes, name: str = "list.csv"
) -> dict[str, list[FileDeployment]]:
    """The deployments of `web` and `api` in a file with that *content*, which has no mistake."""
    data = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(data)
    file, table = read_deployments(folder / name, name, "acme")
    assert [] == table.mistakes.told()
    own = {one: file.of(one, NOW + timedelta(days=400)) for one in ("web", "api")}
    return {name: one.take(0, len(one.created)) for name, one in own.items()}


def told(folder: Path, content: str | bytes, name: str = "list.csv") -> list[str]:
    """What is wrong with a file of that *content*, without its name."""
    data = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(data)
    _, table = read_deployments(folder / name, name, "acme")
    return [line.removeprefix(f"{name}: ") for line in table.mistakes.told()]


def test_every_way_to_write_a_list_gives_the_same_deployments(tmp_path: Path) -> None:
    """D8: CSV as Excel and others write it, JSON Lines and Parquet are read alike."""
    comma = "\n".join(LIST)
    quoted = "\n".join('"' + line.replace(",", '","') + '"' for line in LIST)
    expected = {"web": WEB, "api": API}
    ways: dict[str, str | bytes] = {
        "plain": comma + "\n",
        "windows": comma.replace("\n", "\r\n"),
        "old Mac": comma.replace("\n", "\r"),
        "byte order mark": "\ufeff" + comma,
        "semicolon": comma.replace(",", ";"),
        "tab": comma.replace(",", "\t"),
        "UTF-16": b"\xff\xfe" + comma.replace(",", "\t").encode("utf-16-le"),
        "UTF-16, big end first": b"\xfe\xff" + comma.encode("utf-16-be"),
        "quoted": quoted,
        "spaces and capitals": comma.replace(",", " , ").replace("sha", "SHA", 1),
        "unnamed columns": "\n".join(line + ",," for line in LIST),
    }
    assert dict.fromkeys(ways, expected) == {
        name: read(tmp_path, content) for name, content in ways.items()
    }
    ways = {
        "said": "sep=;\n" + comma.replace(",", ";"),
        "said in quotes": '"SEP=|"\r\n' + quoted.replace('","', '"|"').replace("\n", "\r\n"),
        "said by Excel": b"\xff\xfe" + f"sep=\t\r{comma}".replace(",", "\t").encode("utf-16-le"),
    }
    expected["api"] = [API[0]._replace(name="6")]  # the line is one more from the top
    assert dict.fromkeys(ways, expected) == {
        name: read(tmp_path, content) for name, content in ways.items()
    }
    wrong = f"sep=;\n{HEADER}\n{LIST[1].replace(A, 'x')}".replace(",", ";")
    assert [f"line 3: sha: 'x' is not the sha of a commit; {DIGITS}"] == told(tmp_path, wrong)


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    """D8: without an id a deployment is called by the number of the line it begins on."""
    line = f"web,{{}},{A},2026-08-01T10:00:00Z,success,2026-08-01T10:05:00Z,,{{}},"
    content = "\n\n".join(
        [HEADER, line.format("a", '"two\nlines"'), ",,,,,,,,", line.format("b", "x"), ""]
    )
    found = read(tmp_path, content)["web"]
    assert [("3", "two\nlines"), ("8", "x")] == sorted((one.name, one.task) for one in found)


def test_json_lines_and_parquet_give_the_same_deployments(tmp_path: Path) -> None:
    """D8: a key that is missing is an empty value; Parquet has rows in place of lines."""
    rows = [dict(zip(HEADER.split(","), line.split(","), strict=True)) for line in LIST[1:]]
    lines = [pd.Series(row).to_json() for row in rows]
    lines[0] = lines[0].replace('"id":"7"', '"id":7')
    lines[1] = lines[1].replace('"finished_at":"",', "").replace('"task":""', '"task":null')
    expected = {"web": WEB, "api": [API[0]._replace(name="4")]}
    assert expected == read(tmp_path, "\n".join(lines))
    frame = pd.DataFrame(rows).replace("", None)
    frame["repository"] = frame["repository"].astype("category")
    frame["created_at"] = pd.to_datetime(frame["created_at"], format="ISO8601", utc=True)
    frame["finished_at"] = pd.to_datetime(frame["finished_at"], format="ISO8601", utc=True)
    frame["id"] = frame["id"].astype("float").astype("Int64")
    frame["finished_at"] = frame["finished_at"].dt.tz_convert("Europe/Berlin")
    frame.to_parquet(tmp_path / "x.parquet")
    found = read(tmp_path, (tmp_path / "x.parquet").read_bytes(), "list.parquet")
    assert expected == found


def test_what_a_deployment_of_several_lines_is(tmp_path: Path) -> None:
    """D8: created at the earliest, with the sha, task and page of its first line, a status a line.

    A line told twice is one; the same id elsewhere is another deployment; a short sha fits its
    long one. What was created at the end of the window or later is none (W2).
    """
    late = "2026-08-05T10:00:00Z"
    lines = [
        HEADER,
        f"web,a,{A[:8]},2026-08-01T11:00:00Z,success,2026-08-01T12:00:00Z,https://ci/1,first,1",
        f"web,A,{A},2026-08-01T10:00:00Z,queued,,https://ci/2,second,1",
        f"web,A,{A},2026-08-01T10:00:00Z,queued,,https://ci/2,second,1",
        f"web,b,{B},2026-08-01T10:30:00Z,inactive,,,,1",
        f"web,b,{B},{late},pending,,,,2",
        f"api,a,{C},2026-08-01T10:00:00Z,waiting,,,,1",
    ]
    (tmp_path / "x").write_text("\n".join(lines))
    file, table = read_deployments(tmp_path / "x", "x", "acme")
    own = file.of("Web", datetime.fromisoformat(late))
    first = FileDeployment(
        "1", 0, "a", A[:8], "first", "https://ci/1", at(1, 10),
        (StatusRecord("success", at(1, 12), "https://ci/1"),
         StatusRecord("queued", at(1, 10), "https://ci/2")),
    )  # fmt: skip
    second = FileDeployment(
        "1", 1, "b", B, "", None, at(1, 10, 30), (StatusRecord("inactive", at(1, 10, 30)),)
    )
    assert ([], [second, first]) == (table.mistakes.told(), own.take(0, 9))
    assert [2, 1, 1, 0] == [
        own.count_since(at(1, *one)) for one in ((9,), (10, 1), (10, 30), (11,))
    ]
    assert [(first,), (), ()] == [
        tuple(own.take(1, 2)), tuple(own.take(2, 9)), tuple(file.of("other", NOW).take(0, 9)),
    ]  # fmt: skip


def test_a_line_without_an_id_is_part_of_no_other_deployment(tmp_path: Path) -> None:
    """D8: whatever the ids of others are; each such line is a deployment of its own."""
    shared = f'"repository": "web", "sha": "{A}", "created_at": "2026-08-01T10:00:00Z"'
    lines = [f'{{{shared}, "state": "queued", "id": "\\u0000{number}"}}' for number in ("2", "3")]
    lines.insert(1, f'{{{shared}, "state": "inactive"}}')
    found = read(tmp_path, "\n".join(lines), "list.jsonl")["web"]
    assert ["\0002", "\0003", "2"] == sorted(one.name for one in found)


def test_names_are_in_order_with_runs_of_digits_as_numbers(tmp_path: Path) -> None:
    """D8: among deployments of one instant `v1.10` comes after `v1.9`, and 10 after 9."""
    line = f"web,{A},2026-08-01T10:00:00Z,inactive,"
    for names in (["9", "10", "010", "1"], ["v1.10", "v1.9", "b2", "v1.9a"]):
        content = "\n".join(["repository,sha,created_at,state,id", *(line + one for one in names)])
        found = sorted(read(tmp_path, content)["web"], key=lambda one: one.place)
        expected = {"9": ["1", "9", "010", "10"], "v1.10": ["b2", "v1.9", "v1.9a", "v1.10"]}
        assert expected[names[0]] == [one.name for one in found]
        assert {"production"} == {one.environment for one in found}


INSTANT = (
    "allowed: ISO 8601 with an offset from UTC, "
    "like 2026-11-30T10:00:00Z or 2026-11-30T11:00:00+01:00"
)
NAME = "allowed: a name, like web, with or without its owner (acme/web)"
DIGITS = "allowed: 7 to 40 of the digits 0-9 and a-f"
STATES = (
    "allowed: success, failure, error, in_progress, queued, pending, waiting, inactive, cancelled"
)
ADDRESS = "allowed: an address that begins with https:// or http://"
LATER = "allowed: '2026-08-01T10:00:00Z' or later"
WRONG: list[tuple[str, str, str]] = [
    ("repository", "", "is empty"),
    ("repository", "evil/web", "'evil/web' is not of acme"),
    ("repository", "we b", "'we b' is not the name of a repository"),
    ("repository", "a/b/c", "'a/b/c' is not the name of a repository"),
    ("environment", " ", "is empty; allowed: a name, or no such column at all"),
    ("sha", "", "is empty"),
    ("sha", "abc123", "'abc123' is not the sha of a commit"),
    ("sha", "1.23E+45", "'1.23E+45' is not the sha of a commit"),
    ("sha", "d" * 41, f"'{'d' * 41}' is not the sha of a commit"),
    ("created_at", "", "is empty"),
    ("created_at", "2026-08-01 10:00", "'2026-08-01 10:00' has no offset from UTC"),
    (
        "created_at", "11/30/2026 10:00",
        "'11/30/2026 10:00' is a local date format",
    ),
    ("created_at", "1.8.2026", "'1.8.2026' is a local date format"),
    ("created_at", "46235.4", "'46235.4' is the number that Excel has for a day"),
    ("created_at", "1785578400", "'1785578400' is a number of seconds"),
    ("created_at", "1785578400000", "'1785578400000' is a number of milliseconds"),
    ("created_at", "2026-08-01", "'2026-08-01' is a day without a time"),
    (
        "created_at", "2026-02-30T10:00:00Z",
        "'2026-02-30T10:00:00Z' is not in the calendar",
    ),
    (
        "created_at", "9999-12-31T23:59:59-10:00",
        "'9999-12-31T23:59:59-10:00' is not in the calendar",
    ),
    ("created_at", "\x1b[31m\u202ex", "'\\x1b[31m\\u202ex' is not an instant"),
    ("state", "", "is empty"),
    ("state", "Succeeded", "'Succeeded' is not allowed; did you mean 'success'?"),
    ("state", "green", "'green' is not allowed; did you mean 'success'?"),
    ("state", "Rolled back", "'Rolled back' is not allowed; did you mean 'failure'?"),
    ("state", "DEPLOYED", "'DEPLOYED' is not allowed; did you mean 'success'?"),
    ("state", "canceled", "'canceled' is not allowed; did you mean 'cancelled'?"),
    ("state", "running", "'running' is not allowed; did you mean 'in_progress'?"),
    ("state", "In-Progress", "'In-Progress' is not allowed; did you mean 'in_progress'?"),
    ("state", "purple", "'purple' is not allowed"),
    ("finished_at", "", "is empty, but the state is success"),
    (
        "finished_at", "2026-08-01T11:59:59+02:00",
        f"'2026-08-01T11:59:59+02:00' is before created_at; {LATER}",
    ),
    ("finished_at", "soon", "'soon' is not an instant"),
    ("id", "job 12", "'job 12' is not one word"),
    ("id", "job\u2003\xa012", "'job\\u2003\\xa012' is not one word"),
    ("url", "javascript:alert(1)", "'javascript:alert(1)' is not an address"),
    ("url", "w" * 99, f"'{'w' * 80}…' is not an address"),
]  # fmt: skip


#: What is said with the first mistake of each column alone.
ALLOWED = {
    "repository": NAME,
    "sha": DIGITS,
    "created_at": INSTANT,
    "state": STATES,
    "finished_at": INSTANT,
    "url": ADDRESS,
    "id": "allowed: a text without white space",
}


def lines_of(wrong: list[tuple[str, str, str]], first: int) -> list[str]:
    """What is told of these values, on a line each from the *first* on."""
    told, columns = [], set()
    for line, (column, _, what) in enumerate(wrong, first):
        hint = ""
        if "allowed:" not in what and column not in columns:
            columns.add(column)
            hint = f"{'' if what.endswith('?') else ';'} {ALLOWED[column]}"
        told.append(f"line {line}: {column}: {what}{hint}")
    return told


def test_each_wrong_value_is_told_with_line_column_and_what_is_allowed(tmp_path: Path) -> None:
    """D8: the first ten are told, with what a column allows once, and how many more there are."""
    names, good = HEADER.split(","), LIST[1].split(",")
    lines = []
    for number, (column, value, _) in enumerate(WRONG):
        row = {**dict(zip(names, good, strict=True)), "id": f"x{number}", column: value}
        lines.append(",".join(row.values()))
    expected, found = [], []
    for first in range(0, len(lines), 9):
        before = [LIST[1]] * first
        expected += lines_of(WRONG[first : first + 9], first + 2)
        found += told(tmp_path, "\n".join([HEADER, *before, *lines[first : first + 9]]))
    assert expected == found
    more = f"and {len(WRONG) - 10} more"
    assert [*lines_of(WRONG[:10], 2), more] == told(tmp_path, "\n".join([HEADER, *lines]))


def test_lines_that_repeat_or_contradict_each_other(tmp_path: Path) -> None:
    """D8: one id is one commit; without an id each line is told once; names are not ambiguous."""
    good, bare = LIST[1], LIST[1][:-1]
    cases = {
        "other sha": ([good, good.replace(A, B)], [
            f"line 3: sha: '{B}' is not that of line 2, which has the same id ('{A}')"
        ]),
        "twice": ([bare, good, bare, bare], [
            f"line {line}: id: all is as in line 2; "
            "allowed: each once, or an id that tells them apart"
            for line in (4, 5)
        ]),
        "line number": ([bare, f"{bare}2"], [
            ("line 3: id: '2' is what line 2 is called, which has no id; "
             "allowed: an id in every line")
        ]),
        "elsewhere": ([good, good.replace(A, B).replace("production", "staging")], []),
    }  # fmt: skip
    assert {name: expected for name, (_, expected) in cases.items()} == {
        name: told(tmp_path, "\n".join([HEADER, *lines])) for name, (lines, _) in cases.items()
    }


def test_columns_that_are_missing_or_misspelt(tmp_path: Path) -> None:
    """D8: the column that may be meant is named; a file without any known column is told whole."""
    end = "2026-08-01T10:00:00Z"
    cases = {
        "repository,enviroment,sha,created,status,finishedat,build\n": [
            "line 1: 'created' is not known; did you mean the column 'created_at'?",
            "line 1: 'enviroment' is not known; did you mean the column 'environment'?",
            "line 1: 'finishedat' is not known; did you mean the column 'finished_at'?",
            "line 1: 'status' is not known; did you mean the column 'state'?",
        ],
        "\n\nrepository,created_at,state,bid": [
            "line 3: there is no column 'sha' (the deployed commit)"
        ],
        f"repository,sha,created_at,state\nweb,{A},{end},Error": [
            "line 1: there is no column 'finished_at', which the state Error needs"
        ],
        "repository,sha,created_at,state,STATE": ["line 1: 'state' is the name of two columns"],
        f"web,{A[:7]},{end}": [
            (
                f"line 1: names no column that is known, but 'web', {A[:7]!r}, {end.lower()!r}; "
                f"allowed: {HEADER.replace(',', ', ')}"
            )
        ],
    }
    assert cases == {content: told(tmp_path, content) for content in cases}
    assert [] == told(tmp_path, f"{HEADER},build,who\n{LIST[1]},9,ada")


def test_files_that_cannot_be_understood(tmp_path: Path) -> None:
    """D8: what is wrong with a whole file or line of it, before any value is looked at."""
    table = "allowed: a CSV, JSON Lines or Parquet file"
    excel = "(in Excel: Save as, CSV UTF-8)"
    cases: dict[str | bytes, list[str]] = {
        f"{HEADER}\n{LIST[1]},x\nweb": [
            "line 2: 10 values; allowed: 9, one for each column",
            "line 3: 1 value; allowed: 9, one for each column",
        ],
        f'{HEADER}\n"web,prod\n{LIST[1]}': [
            "line 2: a quotation mark is opened here and never closed"
        ],
        f'{HEADER}\n"w"eb,prod': [
            (
                "line 2: a quotation mark stands inside a value in quotation marks; "
                'allowed: two of them, ""'
            )
        ],
        f"{HEADER}\n{LIST[1]}\n".encode() + b"\xe9t\xe9": [
            f"line 3: byte 0xe9 is not UTF-8; allowed: UTF-8 {excel}"
        ],
        HEADER.encode("utf-16-le"): [
            "line 1: a character is NUL; allowed: UTF-8, or UTF-16 with its mark"
        ],
        b"PK\x03\x04": [f"is a workbook or an archive; {table} {excel}"],
        b"\x1f\x8b": [f"is compressed; {table} that is not"],
        b"PAR1": [
            (
                "is broken: 'Parquet file size is 4 bytes, smaller than the minimum file footer "
                "(8 bytes)'"
            )
        ],
        "[{}]": [
            "is one JSON array; allowed: JSON Lines, an object a line (jq -c '.[]' makes them)"
        ],
        '{"sha": "abcdef1"}\n[1]\n{"state": "\\ud800"}\n{"id": 1, "ID": 2}\n{': [
            "line 1: there is no column 'created_at' (when the deployment was created)",
            "line 1: there is no column 'repository' (the repository)",
            "line 1: there is no column 'state' (what became of it)",
            "line 2: '[1]' is not an object; allowed: {…}",
            "line 3: holds half of a surrogate pair; allowed: whole characters",
            "line 4: two keys have one name",
            "line 5: is not JSON at column 2; allowed: an object on one line",
        ],
        "": [],
        "\ufeff\n \n": [],
        HEADER: [],
    }
    assert cases == {content: told(tmp_path, content) for content in cases}
    gone = tmp_path / "no.csv"
    assert (
        [f"is a folder; {table}"],
        [f"there is no such file (looked for at '{gone}')"],
        ["cannot be read: embedded null byte"],
    ) == tuple(
        [
            line.removeprefix("x: ")
            for line in read_deployments(path, "x", "acme")[1].mistakes.told()
        ]
        for path in (tmp_path, gone, Path("a\0"))
    )
