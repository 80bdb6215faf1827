"""What the text and the labels of an incident say (F7)."""

import time

import pytest

from dora.model.incident_texts import (
    LONGEST_WORD,
    DeploymentName,
    find_label_values,
    find_named,
    find_own_name,
    read_name,
    split_named,
)

ADDRESS = "https://github.com/acme/api/deployments/3812345678"

#: Bodies that all name 3812345678.
BY_ID = [
    "Deployment: 3812345678",
    "It burns.\r\n\r\ndeployment:3812345678 and more\r\nDeployment: 3",
    "DEPLOYMENT :\t3812345678",
    "Deployment: 3812345678.",
    # emphasis, code, quotes, lists, tasks, headings
    "**Deployment:** 3812345678",
    "**Deployment**: 3812345678",
    "**Deployment: 3812345678**",
    "*Deployment:* 3812345678",
    "__Deployment:__ 3812345678",
    "_Deployment_: _3812345678_",
    "***Deployment:*** **3812345678**",
    "`Deployment: 3812345678`",
    "Deployment: `3812345678`",
    "Deployment: ``3812345678``, live at noon",
    "- Deployment: 3812345678",
    "* **Deployment:** `3812345678`",
    "+ Deployment: 3812345678",
    "2. Deployment: 3812345678",
    "12) Deployment: 3812345678",
    "- [ ] Deployment: 3812345678",
    "- [x] **Deployment:** 3812345678",
    "> Deployment: 3812345678",
    "> > - Deployment: 3812345678",
    "### Deployment: 3812345678",
    "###Deployment: 3812345678",
    "Deployment: <3812345678>",
    # links stand for their text where their address is no deployment's
    "Deployment: [3812345678](https://example.org/a)",
    "Deployment: [`3812345678` of noon](https://example.org/a 'title')",
    "Deployment: **[3812345678](<https://example.org/a>)**",
    "Deployment: [3812345678][1]",
    "Deployment: [3812345678]",
    "[Deployment](https://example.org/a): 3812345678",
    "[**Deployment:** 3812345678](https://example.org/a)",
    # tables: rows of a pair, a first row that is a pair, a column
    "| Deployment | 3812345678 |",
    "|Deployment|3812345678|",
    "| **Deployment** | `3812345678` | x |",
    "| Deployment: 3812345678 |",
    "| **Deployment:** | 3812345678 |",
    "Deployment | 3812345678",
    "| What | Value |\n| --- | --- |\n| Service | web |\n| Deployment | 3812345678 |",
    "| Deployment | 3812345678 |\n| --- | --- |\n| Service | web |",
    "| Deployment | Service |\n|:---|---:|\n| 3812345678 | web |",
    "Service | Deployment\n--- | ---\nweb | [3812345678](https://example.org/a)",
    "> | Service | Deployment |\n> |---|---|\n> | web | `3812345678` |",
    # headings, as issue forms write them
    "### What\n\nIt burns.\n\n### Deployment\n\n3812345678\n\n### Cause\n\nunknown",
    "### Deployment\r\n\r\n3812345678\r\n",
    "# Deployment #\n3812345678",
    "## **Deployment:**\n\n\n`3812345678`",
    "> ### deployment\n>\n> 3812345678",
    "### Deployment\n\n- 3812345678",
    "### Deployment\n\nDeployment: 3812345678",
    "### Deployment\n\n```text\n3812345678\n```",
    "Deployment\n==========\n\n3812345678",
    "Deployment\n---\n3812345678",
    "**Deployment**\n\n3812345678",
    "Deployment:\n3812345678",
    # nothing was chosen in a form: no such line, the next one counts
    "### Deployment\n\n_No response_\n\n### Other\n\n- Deployment: 3812345678",
    "Deployment: _No response_\nDeployment: 3812345678",
    "| Deployment | *No Response* |\nDeployment: 3812345678",
    "### Deployment\n\n### Cause\n\nDeployment: 3812345678",
    "Deployment:\n\nNobody knows.\nDeployment: 3812345678",
    # what nobody sees
    "<!-- Deployment: 1 -->\n<!--\nDeployment: 2\n-->\nDeployment: 3812345678",
    "### Deployment\n\n<!-- its id -->\n\n3812345678",
    "A tag <!-- without end\nDeployment: 3812345678",
]


def test_an_id_in_every_form() -> None:
    """F7: the first word of the first line, whatever Markdown stands around it."""
    found = {body: split_named(find_named(body) or "")[1] for body in BY_ID}
    assert dict.fromkeys(BY_ID, "3812345678") == found


BY_ADDRESS = [
    f"Deployment: {ADDRESS}",
    f"Deployment: <{ADDRESS}>",
    f"Deployment: `{ADDRESS}`",
    f"Deployment: [the one of noon]({ADDRESS})",
    f"Deployment: [3]({ADDRESS})",
    f"Deployment: [{ADDRESS}]({ADDRESS})",
    f"[Deployment: of noon]({ADDRESS})",
    f"**Deployment:** [`a` b](<{ADDRESS}> 'noon')",
    f"### Deployment\n\n[noon]({ADDRESS})",
    f"| Deployment | [noon]({ADDRESS}) |",
]


def test_an_address_in_every_form() -> None:
    """F7: a link stands for its address where that is a deployment's."""
    assert dict.fromkeys(BY_ADDRESS, ADDRESS) == {body: find_named(body) for body in BY_ADDRESS}


@pytest.mark.parametrize(
    "body",
    [
        None,
        "",
        "The Deployment: 2",
        "Deployment 2",
        "Deployments: 2",
        "Deployment_id: 2",
        "no_Deployment: 2",
        "Deployment's end: 2",
        "~~Deployment: 2~~",
        "Deployment:",
        "Deployment: **",
        "### Deployments\n\n2",
        "### Deployment of noon\n\n2",
        "### Deployment\n\n_No response_",
        "### Deployment\n\n### Cause\n\n2",
        "### Deployment",
        "**Deployment**\n\nIt went out at noon.",
        "Deployment:\nIt went out at noon.",
        "```sh\n# Deployment\nkubectl apply\n```",
        "| Service | Deployment |\n|---|---|\n| web | |",
        "| Service | Deployment |\n|---|---|",
        "<!-- Deployment: 2 -->",
        "<!--\n### Deployment\n\n2\n-->",
    ],
)
def test_no_such_line(body: str | None) -> None:
    """F7: other lines name nothing, nor does a form that was left empty."""
    assert find_named(body) is None


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("Deployment: yesterday's", "yesterday's"),
        ("Deployment: #2", "#2"),
        ("### Deployment\n\n#2", "#2"),
        ("### Deployment\n\nWe rolled it out at noon.", "We"),
        ("Deployment: [noon](https://example.org/deployments/2)", "noon"),
        ("| Deployment | N/A |", "N/A"),
        ("Deployment: " + "9" * 70_000, "9" * LONGEST_WORD),
    ],
)
def test_what_is_not_understood_is_kept(body: str, word: str) -> None:
    """F7, C1: the word is kept as it stands there, so that it can be reported."""
    assert (word, None) == (split_named(find_named(body) or "")[1], read_name(word))


NOON = "https://ci.example.org/job/7?at=noon"


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("Deployment: releases:v1.2", (None, "releases:v1.2")),
        ("**Deployment**\n\n`workflow:12/2`", (None, "workflow:12/2")),
        ('### Deployment\n\n- file:=cmd"<b>c.', (None, 'file:=cmd"<b>c')),
        ("| Deployment | tags:v1 |\n|---|---|\n| Service | web |", (None, "tags:v1")),
        (f"| Deployment | {NOON} |\n|---|---|\n| Service | web |", (None, NOON)),
        (f"Deployment: {NOON}", (None, NOON)),
        (f"Deployment: [of noon]({NOON})", (NOON, "of")),
        (f"Deployment: [{NOON}]({NOON})", (None, NOON)),
        (f"Deployment: [noon](mailto:{NOON})", (None, "noon")),
        ("Deployment: [noon](https://example.org/" + "9" * LONGEST_WORD + ")", (None, "noon")),
    ],
)
def test_other_sources(body: str, named: tuple[str | None, str]) -> None:
    """F7, D8: a text id is taken as it is written; a link keeps its address beside its text."""
    assert named == split_named(find_named(body) or "")


def test_a_word_with_a_space() -> None:
    """F7: a file of incidents may name a deployment whose id has spaces: no link."""
    assert (None, "file:release 5") == split_named("file:release 5")
    assert DeploymentName(None, text="file:release 5") == read_name("file:release 5")


def test_a_text_id_keeps_its_case() -> None:
    """F7, D8: the id is compared letter by letter, so its source is written in lower case."""
    assert DeploymentName(None, text="releases:V1.2") == read_name("releases:V1.2")
    assert [None, None] == [read_name("Releases:v1.2"), read_name("releases:")]


API = DeploymentName(2, ("acme", "api"))
SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("2", DeploymentName(2)),
        ("3812345678", DeploymentName(3812345678, sha="3812345678")),
        ("9" * 18, DeploymentName(10**18 - 1, sha="9" * 18)),
        ("9" * 19, DeploymentName(None, sha="9" * 19)),
        ("0000002", DeploymentName(None, sha="0000002")),
        ("0123abc", DeploymentName(None, sha="0123abc")),
        (SHA.upper(), DeploymentName(None, sha=SHA)),
        ("https://github.com/acme/api/deployments/2", API),
        ("HTTPS://GitHub.com/ACME/API/deployments/2/", API),
        ("http://ghe.example.org:8443/acme/api/deployments/2?a=b/c#d", API),
        ("https://api.github.com/repos/Acme/Api/deployments/2", API),
        ("https://ghe.example.org/api/v3/repos/acme/api/deployments/2", API),
        ("https://github.com/repos/api/deployments/2", DeploymentName(2, ("repos", "api"))),
        ("02", None),
        ("012345", None),
        ("0123abg", None),
        (f"{SHA}0", None),
        ("9" * 5_000, None),
        ("٣", None),
        ("#2", None),
        ("acme/api/deployments/2", None),
        ("https://github.com/acme/api/deployments/02", None),
        ("https://github.com/acme/api/deployments/" + "9" * 5_000, None),
        ("https://github.com/acme/api/deployments/production", None),
        ("https://github.com/acme/api/deployments/2/statuses", None),
        ("https://github.com/acme/api/actions/runs/2", None),
        ("https://github.com/api/deployments/2", None),
        ("https://", None),
        ("", None),
        (None, None),
    ],
)
def test_names(word: str | None, name: DeploymentName | None) -> None:
    """F7: an id, a web or API address (case ignored), or 7 to 40 digits of a sha."""
    assert name == read_name(word)


HOSTILE = [
    "|",
    "| ",
    "-|",
    "> ",
    "* ",
    "1. ",
    "[x] ",
    "[",
    "`",
    "~",
    "_",
    "#",
    "<!--",
    "Deployment\n",
    "Deployment\n\n",
    "# Deployment\n",
    "Deployment: [\n",
    "Deployment: _No response_\n",
    "|Deployment|\n|-|\n",
    "|Deployment\n",
    "[Deployment",
]


@pytest.mark.parametrize("begin", ["", "Deployment: ", "Deployment: https://", "Deployment: [](("])
def test_hostile_bodies_take_no_time(begin: str) -> None:
    """F7: time grows with the length of a body, whatever is in its 64 KB."""
    began = time.process_time()
    for part in HOSTILE:
        body = begin + (part * 65_536)[:65_536]
        read_name(find_named(body))
        read_name(body)
    assert time.process_time() - began < 0.15 * len(HOSTILE)


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("api", "api"),
        (" API ", "api"),
        ("Acme/API", "api"),
        ("other/api", "other/api"),
        ("acme/acme/api", "acme/api"),
        ("acme", "acme"),
        ("xacme/api", "xacme/api"),
    ],
)
def test_names_of_repositories(name: str, own: str) -> None:
    """F7: names fit with and without the organization; another owner's never does."""
    assert own == find_own_name(name, "ACME")


def test_values_of_labels() -> None:
    """F7: labels ignore case; one without a value says nothing."""
    labels = ["repo:api", "Repo: Acme/WEB ", "repo:", "repository:x", "service:web", "xrepo:a"]
    assert ["api", "Acme/WEB"] == [*find_label_values(labels, "repo:")]
    assert ["web"] == [*find_label_values(labels, "service:")]
