"""The words with which our own action says in a status how far a deployment got (D3, F8).

`.github/actions/track-deployment` writes them into descriptions, beside other words.
"""

#: The deployment ended before its apply: nothing has changed.
NOT_BEGUN = "apply had not begun"
#: The apply was running when the deployment ended: part of it may have been applied.
BEGUN = "apply had begun"
#: Nothing is known of how the deployment ended: the machine that ran it disappeared.
RUNNER_GONE = "its runner was gone"
#: The apply succeeded, and there was nothing to apply.
NOTHING_TO_CHANGE = "nothing to change"


def says(description: str | None, words: str) -> bool:
    """Whether a status' *description* contains these fixed *words*, case ignored."""
    return bool(description) and words in str(description).casefold()
