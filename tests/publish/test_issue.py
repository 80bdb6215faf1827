"""One issue, a comment a week: also after a crash, a lost answer, or somebody's forgery."""

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dora.demo.github.server import TOKEN, Server, serve
from dora.demo.organization import build as organization
from dora.demo.organization.model import Comment, Issue, PullRequest
from dora.report.model import Report
from tests.support import small_organizations as small
from tests.support.github import faults
from tests.support.github.faults import Faults, Refusal, Rule, Truncate
