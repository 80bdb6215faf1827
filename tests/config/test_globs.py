"""Globs: the one meaning of a name pattern."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dora.config.globs import compile_globs
from tests.oracle.naming import fits
from tests.support.examples import examples

SIGNS = st.text(alphabet=string.ascii_letters + "0-_/.*?[]()\\^$|+{} \n", max_size=8)


@pytest.mark.parametrize(
    ("glob", "fitting", "others"),
    [
        ("api", ["api", "API"], ["apis", "my-api", "api\n", ""]),
        ("pr-*", ["pr-", "PR-12", "pr-a/b", "pr-a\nb"], ["pr", "xpr-1"]),
        ("?x", ["ax", "/x", "\nx"], ["x", "aax"]),
        ("*", ["", "anything at all"], []),
        ("a*b*c", ["abc", "a--b--c"], ["acb"]),
        ("[ab]", ["[ab]", "[AB]"], ["a", "b"]),
        ("a.b", ["a.b"], ["axb"]),
        ("*[bot]", ["renovate[bot]"], ["renovate", "b"]),
        ("", [""], ["a"]),
    ],
)
def test_glob_fits_whole_names(glob: str, fitting: list[str], others: list[str]) -> None:
    """Globs: only `*` and `?` are special, the whole name must fit, case is ignored."""
    pattern = compile_globs([glob])
    assert fitting == [name for name in fitting + others if pattern.fullmatch(name)]


def test_several_globs_fit_what_any_of_them_fits() -> None:
    """Globs: one that fits is enough."""
    pattern = compile_globs(["a*", "b?"])
    assert ["a", "axx", "bx"] == [n for n in ("a", "axx", "b", "bx", "xa") if pattern.fullmatch(n)]


def test_no_globs_fit_nothing() -> None:
    """Globs: none given fit no name, not even an empty one."""
    assert [] == [name for name in ("", "a") if compile_globs([]).fullmatch(name)]


@given(SIGNS, SIGNS)
@examples(300, few=60, derandomize=True, deadline=None)
def test_globs_mean_what_the_oracle_means(glob: str, name: str) -> None:
    """Globs: any pattern fits any name exactly where the plain definition says so."""
    assert fits(glob, name) is (compile_globs([glob]).fullmatch(name) is not None)
