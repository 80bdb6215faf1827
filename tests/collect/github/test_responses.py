"""Every way in which GitHub was seen to answer, and what it means."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dora.collect.github.responses import QueryResult, read_response

TIMED_OUT = "Something went wrong while executing your query. This may be the result of a timeout."
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes."
PRIMARY = "API rate limit exceeded for user ID 1."
UNICORN = "<html><body><h1>Unicorn!</h1></body></html>"
RESET = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1795413600"}
RESET_AT = datetime(2026, 11, 23, 6, tzinfo=UTC)
SINGLE_SIGN_ON = "the organization asks for single sign-on, and the token has not been authorized"


def errors(*types: str | None, message: str = "No.", **more: Any) -> str:
    """A body of GraphQL errors of these types."""
    told = [{"message": message, **({"type": one} if one else {})} for one in types]
    return json.dumps({"errors": told, **more})


def message(text: str) -> str:
    """A body with nothing but a message."""
    return json.dumps({"message": text, "documentation_url": "https://docs.github.com"})


@pytest.mark.parametrize(
    ("status", "headers", "text", "answer"),
    [
        pytest.param(
            200,
            {"x-ratelimit-remaining": "4999", "x-ratelimit-limit": "5000"},
            '{"data": {"a": 1}}',
            QueryResult("data", {"a": 1}, remaining=4999, limit=5000),
            id="data",
        ),
        pytest.param(
            200,
            {"x-ratelimit-remaining": "0"},
            '{"data": {"a": 1}}',
            QueryResult("data", {"a": 1}, remaining=0),
            id="the last answer within the limit is an answer",
        ),
        pytest.param(
            200,
            {},
            errors("NOT_FOUND", data={"a": None}),
            QueryResult("data", {"a": None}, ({"message": "No.", "type": "NOT_FOUND"},), "No."),
            id="partial data",
        ),
        pytest.param(
            200, {}, errors(None, data=None), QueryResult("lost", message="No."), id="errors alone"
        ),
        pytest.param(
            200,
            RESET,
            errors("RATE_LIMITED", message=PRIMARY),
            QueryResult("primary limit", message=PRIMARY, reset=RESET_AT),
            id="200 RATE_LIMITED",
        ),
        pytest.param(
            200,
            RESET,
            errors("RATE_LIMIT", message=PRIMARY),
            QueryResult("primary limit", message=PRIMARY, reset=RESET_AT),
            id="200 RATE_LIMIT",
        ),
        pytest.param(
            200,
            {},
            errors("RATE_LIMITED", message=PRIMARY),
            QueryResult("primary limit", message=PRIMARY),
            id="200 RATE_LIMITED, nobody knows until when",
        ),
        *(
            pytest.param(
                status,
                RESET,
                message(PRIMARY),
                QueryResult("primary limit", message=PRIMARY, reset=RESET_AT),
                id=f"{status} primary limit",
            )
            for status in (403, 429)
        ),
        *(
            pytest.param(
                status,
                {"retry-after": "7"},
                message(SECONDARY),
                QueryResult("secondary limit", message=SECONDARY, pause=7.0),
                id=f"{status} secondary limit, Retry-After",
            )
            for status in (200, 403, 429)
        ),
        *(
            pytest.param(
                status,
                {},
                message(SECONDARY),
                QueryResult("secondary limit", message=SECONDARY, pause=60.0),
                id=f"{status} secondary limit",
            )
            for status in (200, 403, 429)
        ),
        pytest.param(
            403,
            {},
            message("You have triggered an abuse detection mechanism."),
            QueryResult(
                "secondary limit",
                message="You have triggered an abuse detection mechanism.",
                pause=60.0,
            ),
            id="403 in the words of old",
        ),
        pytest.param(
            429, {}, "", QueryResult("secondary limit", pause=60.0), id="429 without a word"
        ),
        pytest.param(
            200,
            {},
            message("Hello."),
            QueryResult("unsound", message="GitHub sent something that is no answer to a query"),
            id="200 with a message alone",
        ),
        *(
            pytest.param(
                200,
                {},
                text,
                QueryResult(
                    "unsound", message="GitHub sent something that is no answer to a query"
                ),
                id=f"200 {name}",
            )
            for name, text in (("HTML", UNICORN), ("empty", ""), ("list", "[]"), ("cut", '{"da'))
        ),
        pytest.param(
            200,
            {},
            '{"data": null}',
            QueryResult("unsound", message="GitHub sent no data"),
            id="null",
        ),
        *(
            pytest.param(
                status,
                {},
                text,
                QueryResult("too much", message=f"GitHub cut the request off (status {status})"),
                id=f"{status} {name}",
            )
            for status in (502, 504)
            for name, text in (("HTML", UNICORN), ("JSON", errors(None, message=TIMED_OUT)))
        ),
        pytest.param(
            200,
            {},
            errors(None, message=TIMED_OUT, data=None),
            QueryResult("too much", message=TIMED_OUT),
            id="200 timed out",
        ),
        pytest.param(
            200,
            {},
            errors("RESOURCE_LIMITS_EXCEEDED", data={"a": None}),
            QueryResult("too much", message="No."),
            id="200 RESOURCE_LIMITS_EXCEEDED",
        ),
        pytest.param(
            200,
            {},
            errors("MAX_NODE_LIMIT_EXCEEDED"),
            QueryResult("too much", message="No."),
            id="200 MAX_NODE_LIMIT_EXCEEDED",
        ),
        *(
            pytest.param(
                status,
                {},
                text,
                QueryResult("unsound", message=f"GitHub answered with status {status}"),
                id=f"{status} {name}",
            )
            for status in (500, 503)
            for name, text in (("HTML", UNICORN), ("JSON", message("Service unavailable")))
        ),
        pytest.param(
            401,
            {},
            message("Bad credentials"),
            QueryResult("refused", message="Bad credentials"),
            id="401",
        ),
        pytest.param(
            403,
            {"x-ratelimit-remaining": "4000"},
            message("Resource not accessible by integration"),
            QueryResult("forbidden", message="Resource not accessible by integration"),
            id="403 permission",
        ),
        pytest.param(
            403,
            {"x-github-sso": "required; url=https://github.com/orgs/acme/sso?token=ABC"},
            message("Resource protected by organization SAML enforcement."),
            QueryResult("forbidden", message=SINGLE_SIGN_ON),
            id="403 single sign-on",
        ),
        *(
            pytest.param(
                status,
                {},
                message("Not Found"),
                QueryResult("lost", message="Not Found"),
                id=f"{status} with a reason",
            )
            for status in (404, 410, 451, 422)
        ),
        pytest.param(
            404,
            {},
            UNICORN,
            QueryResult("lost", message="GitHub answered with status 404"),
            id="404 HTML",
        ),
        pytest.param(
            302,
            {},
            "",
            QueryResult("lost", message="GitHub answered with status 302"),
            id="302 is not followed",
        ),
    ],
)
def test_what_an_answer_means(
    status: int, headers: dict[str, str], text: str, answer: QueryResult
) -> None:
    """Status, headers and body together say what happened (facts of the field, with status 200)."""
    assert answer == read_response(status, headers, text)


BODIES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("data", "errors", "message", "type", "path", "a")), inner, max_size=4
        )
    ),
    max_leaves=8,
)


@given(
    st.sampled_from((200, 201, 204, 301, 400, 401, 403, 404, 409, 429, 500, 502, 503, 504)),
    st.dictionaries(
        st.sampled_from(
            ("retry-after", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
        ),
        st.sampled_from(("", "0", "1", "-1", "soon", "1795413600", "inf", "nan", "1e400")),
    ),
    BODIES.map(json.dumps) | st.text(max_size=20),
)
def test_any_answer_is_understood(status: int, headers: dict[str, str], text: str) -> None:
    """Whatever comes, it is one of the known kinds, and never an error of ours."""
    answer = read_response(status, headers, text)
    assert isinstance(answer.data, dict)
    assert answer.kind == "data" or not answer.data
    assert answer.pause is None or answer.kind == "secondary limit"


@pytest.mark.parametrize("after", ["nan", "soon", ""])
def test_senseless_retry_after(after: str) -> None:
    """A pause that is no number is as none: a minute, as GitHub's documentation asks."""
    answer = read_response(403, {"retry-after": after}, message(SECONDARY))
    assert QueryResult("secondary limit", message=SECONDARY, pause=60.0) == answer
