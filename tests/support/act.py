"""Runs workflows for real: act on this machine, a git repository, and the stand-in for GitHub.

act runs steps as the machine's own processes; actions of others are replaced by small ones of
bash, named by the very commit that the workflow pins.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dora.demo.github.server import TOKEN, Middleware, Server, serve
from dora.demo.organization.model import Commit, Deployment, Organization, Repository

ROOT = Path(__file__).parents[2]
STUBS = ROOT / "tests" / "system" / "stubs"
BIN = Path(sys.executable).parent
USES = re.compile(r"^\s*(?:- )?uses: ([\w.-]+/[\w./-]+)@(\S+)", re.MULTILINE)
#: What a workplace has of the project.
PARTS = (
    ".github/actions",
    ".github/requirements.txt",
    ".github/workflows",
    "Makefile",
    "pyproject.toml",
)
#: Longest that a run may take, in seconds.
PATIENCE = 120
#: The one line that act's schema does not know; without it GitHub would file deployments of its
#: own, which act never does.
UNKNOWN_TO_ACT = re.compile(r"^      deployment: false .*\n", re.MULTILINE)


@dataclass(frozen=True)
class Run:
    """What came of a run of a workflow."""

    status: int
    log: str


@dataclass
class Workplace:
    """A repository `acme/shop` in a folder, and the stand-in that knows its commits."""

    folder: Path
    server: Server
    shims: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def head(self) -> str:
        """Its newest commit."""
        return git(self.folder, "rev-parse", "HEAD")

    @property
    def deployments(self) -> tuple[Deployment, ...]:
        """What was filed at the stand-in so far."""
        view = self.server.visible.view("acme", "shop")
        assert view is not None
        return view.repository.deployments

    def commit(self, files: Mapping[str, str], message: str = "Change it") -> str:
        """Commit *files*, and let the stand-in know; the sha."""
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        git(self.folder, "add", "--all")
        git(self.folder, "commit", "--quiet", "--allow-empty", "--message", message)
        organization = self.server.organization
        changed = tuple(
            replace(one, commits=commits_of(self.folder), head=self.head)
            if one.name == "shop"
            else one
            for one in organization.repositories
        )
        self.server.replace(replace(organization, repositories=changed))
        return self.head

    def arguments(
        self, event: str, workflow: str, payload: Mapping[str, Any] | None, options: Sequence[str]
    ) -> list[str]:
        """The command that runs *workflow*."""
        command = [str(BIN / "act"), event, "--workflows", f".github/workflows/{workflow}"]
        command += ["--platform", "ubuntu-latest=-self-hosted", "--no-cache-server"]
        command += ["--action-cache-path", str(self.shims / "act"), "--env-file", os.devnull]
        command += [
            "--secret-file",
            os.devnull,
            "--var-file",
            os.devnull,
            "--input-file",
            os.devnull,
        ]
        command += ["--secret", f"GITHUB_TOKEN={TOKEN}", "--env", "GITHUB_REPOSITORY=acme/shop"]
        for name, value in {**self.variables(), **self.environment}.items():
            command += ["--env", f"{name}={value}"]
        if payload is not None:
            file = self.shims / "event.json"
            file.write_text(json.dumps(payload), encoding="utf-8")
            command += ["--eventpath", str(file)]
        for place in {ROOT / ".github/workflows", self.folder / ".github/workflows"}:
            for file in sorted(place.glob("*.yml")):
                command += _stubbed(file.read_text(encoding="utf-8"))
        return [*command, *options]

    def variables(self) -> dict[str, str]:
        """What steps find in their environment, beside what a runner sets."""
        return {
            "GITHUB_API_URL": self.server.url,
            "GITHUB_GRAPHQL_URL": f"{self.server.url}/graphql",
            "DORA_TRACK_PAUSE": "0",
            "CHECKOUT_SOURCE": str(self.folder),
            "CHECKOUT_OTHER": str(self.folder),
            "TF_CLI_CONFIG_FILE": str(self.shims / "terraformrc"),
            "CHECKPOINT_DISABLE": "1",
            "MARKS": str(self.shims),
            "DORA": str(BIN / "dora"),
            "APP_TOKEN": TOKEN,
        }

    def start(
        self,
        workflow: str,
        *options: str,
        event: str = "push",
        payload: Mapping[str, Any] | None = None,
    ) -> "subprocess.Popen[str]":
        """A run that goes on; nothing of this process's environment is in it."""
        kept = {name: os.environ[name] for name in ("LANG", "SSL_CERT_FILE") if name in os.environ}
        home = self.shims / "home"
        home.mkdir(exist_ok=True)
        found = (shutil.which(name) for name in ("git", "curl", "jq", "make", "bash", "tar"))
        tools = dict.fromkeys(str(Path(one).parent) for one in found if one)
        path = ":".join([str(self.shims / "bin"), str(BIN), *tools, "/usr/bin", "/bin"])
        return subprocess.Popen(  # noqa: S603  # act, with arguments of the tests
            self.arguments(event, workflow, payload, options),
            cwd=self.folder,
            env={**kept, "PATH": path, "HOME": str(home)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )

    def run(self, workflow: str, *options: str, **more: Any) -> Run:
        """Run *workflow* to its end."""
        with self.start(workflow, *options, **more) as process:
            return ended(process)


def _stubbed(workflow: str) -> list[str]:
    """Options that put the small ones of bash in the place of others' actions."""
    options = []
    for action, ref in USES.findall(workflow):
        name = "/".join(action.split("/")[:2])
        if (STUBS / name).is_dir():
            options += ["--local-repository", f"{name}@{ref}={STUBS / name}"]
    return options


def ended(process: "subprocess.Popen[str]") -> Run:
    """What came of a run, once it is over."""
    try:
        log, _ = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        log, _ = process.communicate()
        raise AssertionError(f"a run did not end:\n{log}") from None
    return Run(process.returncode, log)


def cancel(process: "subprocess.Popen[str]", when: Path) -> Run:
    """Cancel a run once the file *when* is there."""
    deadline = time.monotonic() + PATIENCE
    while not when.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    return ended(process)


@contextmanager
def workplace(
    folder: Path,
    files: Mapping[str, str],
    *,
    middleware: Sequence[Middleware] = (),
    bare: bool = False,
) -> Iterator[Workplace]:
    """A workplace with the project's actions and workflows, unless *bare*, and *files*."""
    shop, shims = folder / "shop", folder / "shims"
    for place in (shop, shims / "bin"):
        place.mkdir(parents=True)
    (shims / "terraformrc").touch()
    terraform = shims / "bin/terraform"
    command = f'exec "{sys.executable}" "{Path(__file__).with_name("terraform.py")}" "$@"'
    terraform.write_text(f"#!/bin/sh\n{command}\n", encoding="utf-8")
    terraform.chmod(0o755)
    git(shop, "init", "--quiet", "--initial-branch", "main")
    git(shop, "remote", "add", "origin", "https://github.com/acme/shop")
    copied = {
        str(path.relative_to(ROOT)): UNKNOWN_TO_ACT.sub("", path.read_text(encoding="utf-8"))
        for part in PARTS
        for path in (ROOT / part, *(ROOT / part).rglob("*"))
        if path.is_file()
    }
    made = Organization("acme", datetime.now(UTC).replace(microsecond=0), (repository(),))
    with serve(made, middleware=middleware) as server:
        work = Workplace(shop, server, shims)
        work.commit({**({} if bare else copied), **files}, "Begin")
        yield work


def repository() -> Repository:
    """The repository as it is before its first commit."""
    return Repository("shop", 7, datetime(2026, 1, 5, tzinfo=UTC))


def commits_of(folder: Path) -> dict[str, Commit]:
    """Every commit of a git repository, as the stand-in keeps them."""
    found = {}
    for line in git(folder, "log", "--all", "--format=%H|%P|%aI|%cI|%s").splitlines():
        sha, parents, authored, committed, message = line.split("|", 4)
        at, landed = (
            datetime.fromisoformat(text).astimezone(UTC) for text in (authored, committed)
        )
        found[sha] = Commit(sha, tuple(parents.split()), at, landed, message, "amara")
    return found


def git(folder: Path, *arguments: str) -> str:
    """What git prints."""
    name = {
        f"GIT_{who}_{what}": "amara@acme.test" if what == "EMAIL" else "amara"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    nothing = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = subprocess.run(  # noqa: S603  # git, with arguments of the tests
        ["git", "-C", str(folder), *arguments],  # noqa: S607  # whichever git runs the tests
        env={"PATH": os.environ["PATH"], **name, **nothing},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()
