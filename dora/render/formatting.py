"""Formats numbers, instants and names for all output that people read.

A missing number (None or NaN) is a dash, never 0, and a number that is not zero never reads as
zero.
"""

import math
import re
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from dora.report.deployment_ids import DeploymentId
from dora.report.model import PLACES, QUICK_CHECK
from dora.report.ranges import Interval, OpenInterval, Place

MISSING = "–"

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0  #: seconds

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

#: Significant digits of a ratio; more where it would read as 1, which means no change.
RATIO_DIGITS = (2, 3, 4, 5)
SMALLEST_RATIO = 0.001  #: smaller ones are not told apart

SHA = 7  #: digits of an abbreviated sha

#: What an attempt of a workflow's run is called, or a job of it (D8).
_RUN = re.compile(r"workflow:([0-9]+)/([0-9]+)(?:/([0-9]+))?")

#: Emoji and characters of scripts that join letters: between two of them, a zero-width joiner is
#: ordinary spelling (family emoji, Persian, Hindi).
_JOINS = "\u00a9\u00ae\u0600-\u109f\u203c-\u2049\u2122-\u3299\ufe0f\U0001f000-\U0001faff\U000e007f"

#: The addresses that may become links; any other stays text.
_WEB_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:-]+(?:/[A-Za-z0-9._~%@+:-]+)*/?")

_UNSAFE = re.compile(
    # C0 and C1 controls (escape sequences begin with one), line and paragraph separators
    "[\\x00-\\x1f\\x7f-\\x9f\u2028\u2029"
    # bidirectional marks, embeddings, overrides and isolates
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
    # invisible: soft hyphen, grapheme joiner, fillers, zero-width and invisible operators
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065\u206a-\u206f"
    "\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    # halves of a surrogate pair cannot be written out at all
    "\ud800-\udfff\U000e0000-\U000e001f\U000e0080-\U000e00ff\U000e01f0-\U000e0fff]"
    # joiners where nothing joins
    f"|(?<![{_JOINS}])[\u200c\u200d]|[\u200c\u200d](?![{_JOINS}])"
    # variation selectors (text or emoji) after characters that have no emoji
    "|(?<![0-9#*\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff])[\ufe0e\ufe0f]"
    # ideographic variation selectors after anything but a Han character
    "|(?<![\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])[\U000e0100-\U000e01ef]"
    # invisible tag letters, except in the flags that are spelt with them
    "|(?<![\U0001f3f4\U000e0020-\U000e007e])[\U000e0020-\U000e007f]"
)


def plain(name: str) -> str:
    """Give *name* safe to print: invisible and control characters are replaced by `\ufffd`.

    These are control characters, line breaks, bidirectional overrides and zero-width characters
    that would make two names look alike. Ordinary text of any script is unchanged, emoji too.
    """
    # Replacing one character can leave the next without the neighbour that made it valid.
    while (safe := _UNSAFE.sub("\ufffd", name)) != name:
        name = safe
    return name


def deployment_name(name: DeploymentId) -> str:
    """Give what people call a deployment: `17`, `v1.2`, `run 5`, `run 5 attempt 2`, `c0ffee1`.

    It may hold any characters, as the names of tags do.
    """
    kind, _, own = str(name).partition(":")
    if kind in {"releases", "tags"} and own:
        return own
    if kind == "merges" and own:
        return own[:SHA]
    run = _RUN.fullmatch(str(name))
    if run is None:
        return str(name)
    attempt = f" attempt {run[2]}" if run[2] != "1" else ""
    return f"run {run[1]}{attempt}" + (f" job {run[3]}" if run[3] else "")


def is_web_address(url: str) -> bool:
    """Say whether *url* is a plain web address, safe to link to in every format."""
    return _WEB_ADDRESS.fullmatch(url) is not None


def is_missing(number: float | None) -> bool:
    """Say whether *number* is unknown: None, or not a number."""
    return number is None or math.isnan(number)


def count(number: int) -> str:
    """Give *number* with thousands separators: `1,204`."""
    return f"{number:,}"


def counted(number: int, one: str, many: str | None = None) -> str:
    """Give *number* with its noun: `1 change`, `120 changes`."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def _tidy(number: float) -> str:
    """Give *number* with one decimal below ten and none from there on."""
    return f"{number:.1f}" if round(number, 1) < 10 else f"{number:,.0f}"


def _duration(seconds: float) -> tuple[str, str]:
    """Give a duration as an amount and a unit, changing to the next unit when it reads better."""
    seconds = max(seconds, 0.0)
    if round(seconds) < MINUTE:
        return ("under 1" if 0 < seconds < 1 else f"{seconds:.0f}"), "s"
    if round(seconds / MINUTE) < HOUR / MINUTE:
        return f"{seconds / MINUTE:.0f}", "min"
    if round(seconds / HOUR) < 2 * DAY / HOUR:
        return _tidy(seconds / HOUR), "h"
    return _tidy(seconds / DAY), "d"


def duration(seconds: float | None) -> str:
    """Give a duration in the unit it reads best in: `35 min`, `1.5 h`, `26 h`, `3.9 d`."""
    if seconds is None or math.isnan(seconds):
        return MISSING
    amount, unit = _duration(seconds)
    return f"{amount} {unit}"


def elapsed(seconds: float) -> str:
    """Give how long a run took, to a tenth of a second below a minute: `8.2 s`, `12 min`."""
    return f"{seconds:.1f} s" if round(seconds, 1) < MINUTE else duration(seconds)


def duration_interval(interval: Interval | OpenInterval | None) -> str:
    """Give both ends of an interval of durations: `22–31 h`, `35 min – 3.9 d`, `1.4 h or more`."""
    if interval is None:
        return MISSING
    low, high = interval
    if is_missing(low) or low is None:
        return MISSING if is_missing(high) else f"up to {duration(high)}"
    if is_missing(high) or high is None:
        return f"{duration(low)} or more"
    (lower, low_unit), (upper, unit) = map(_duration, (low, high))
    return f"{lower}–{upper} {unit}" if low_unit == unit else f"{lower} {low_unit} – {upper} {unit}"


def _percent(rate: float) -> str:
    """Give a fraction of 1 in percent, without the sign; only 0 is `0` and only 1 is `100`."""
    percent = 100 * rate
    if 0 < percent < 0.05:  # would round to 0
        return "<0.1"
    if rate < 1 and round(percent) >= 100:  # would round to 100
        return ">99"
    return "0" if percent == 0 else _tidy(percent)


def percentage(rate: float | None) -> str:
    """Give a fraction of 1 in percent: `6.7 %`, `18 %`, `<0.1 %`."""
    return MISSING if rate is None or math.isnan(rate) else f"{_percent(rate)} %"


def percentage_interval(interval: Interval | None) -> str:
    """Give both ends of an interval of fractions of 1: `2.3–18 %`."""
    if interval is None or any(map(is_missing, interval)):
        return MISSING
    return f"{_percent(interval.low)}–{_percent(interval.high)} %"


def share(part: int, whole: int, rate: float | None) -> str:
    """Give a rate with its counts: `6.7 % (3 of 45)`."""
    return f"{percentage(rate)} ({of(part, whole)})"


def of(part: int, whole: int) -> str:
    """Give the two counts of a rate: `3 of 45`."""
    return f"{count(part)} of {count(whole)}"


def _pace(number: float) -> str:
    """Give the number of events per day or week; with two decimals below 0.1."""
    if 0 < number < 0.005:  # would round to 0
        return "<0.01"
    if 0 < number < 0.095:  # one decimal would be too coarse
        return f"{number:.2f}"
    return "0" if number == 0 else _tidy(number)


def frequency(per_day: float) -> str:
    """Give a frequency per day if it is at least 1, else per week: `2.4/day`, `3.3/week`."""
    return f"{_pace(per_day)}/day" if per_day >= 1 else f"{_pace(7 * per_day)}/week"


def frequency_interval(per_day: float, interval: Interval) -> str:
    """Give both ends of a frequency's interval, in the unit `frequency(per_day)` has."""
    times = 1 if per_day >= 1 else 7
    return f"{_pace(times * interval.low)}–{_pace(times * interval.high)}"


def instant(moment: datetime, timezone: str) -> str:
    """Give an instant to the minute in *timezone*: `2026-08-25 06:00`."""
    return f"{moment.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M}"


def days(number: float) -> str:
    """Give the length of a window: `90 days`, `1 day`, `0.5 days`."""
    amount = f"{round(number, 2):,g}"
    return f"{amount} day" if amount == "1" else f"{amount} days"


def day(moment: datetime, timezone: str, beside: datetime) -> str:
    """Give the day of an instant: `14 Oct`, with its year where that is not the one of *beside*."""
    local, other = (it.astimezone(ZoneInfo(timezone)) for it in (moment, beside))
    name = f"{local.day} {MONTHS[local.month - 1]}"
    return name if local.year == other.year else f"{name} {local.year}"


def _ratio(number: float) -> str:
    """Give a ratio with two digits; more where it would read as 1 but is not."""
    if number >= 10:
        return f"{number:,.0f}"
    if 0 < number < SMALLEST_RATIO:
        return f"<{SMALLEST_RATIO}"
    for digits in RATIO_DIGITS:
        text = f"{number:.{digits}g}"
        if float(text) != 1 or number == 1:
            break
    return text


def ratio_interval(interval: OpenInterval | Interval | None) -> str:
    """Give an interval of now ÷ before: `×1.4–3.1`, `×1.4 or more`, `×0.7 or less`.

    Empty where there is none, or where neither end is known.
    """
    low, high = interval or (None, None)
    if high is None or is_missing(high):
        return "" if low is None or low == 0 or is_missing(low) else f"×{_ratio(low)} or more"
    if low is None or low == 0 or is_missing(low):
        return f"×{_ratio(high)} or less"
    return f"×{_ratio(low)}–{_ratio(high)}"


def _points(difference: float) -> str:
    """Give a difference of rates in percentage points, with its sign: `+2`, `−0.4`, `+12`."""
    size = abs(100 * difference)
    text = "<0.1" if 0 < size < 0.05 else _tidy(size).removesuffix(".0")
    return text if size == 0 else f"{'+' if difference > 0 else '−'}{text}"


def difference_interval(interval: Interval | None) -> str:
    """Give an interval of a difference of rates: `+2 to +12 points`; empty where there is none."""
    if interval is None or any(map(is_missing, interval)):
        return ""
    return f"{_points(interval.low)} to {_points(interval.high)} points"


def place(found: Place) -> str:
    """Give a place among a survey's respondents (B5): `top 24–56 %`, `top 9 %` for the best.

    Empty for a place from first to last, which says nothing.
    """
    better, at_least = (f"{100 * share:.0f}" for share in found)
    if (better, at_least) == ("0", "100"):
        return ""
    return f"top {at_least} %" if better == "0" else f"top {better}–{at_least} %"


def performer(levels: Sequence[str]) -> str:
    """Give a year's level as what it says of a team (B3): `low performer`.

    `medium to elite performer` where an interval reaches from one level to another; a level alone,
    as in `20 %, low`, would be read as the size of the number.
    """
    return f"{' to '.join(dict.fromkeys(levels))} performer" if levels else ""


def benchmark(name: str, by: str = "repository") -> str:
    """Name what the numbers are compared with (B1): `places of DORA 2025`, `levels of DORA 2023`.

    Pooled rows have places, but neither levels nor scores (B3).
    """
    if name == "none":
        return "no benchmark"
    if name == PLACES:
        return f"places of DORA {PLACES}"
    if by != "repository":
        return "no levels for pooled rows"
    return "scores of DORA's Quick Check" if name == QUICK_CHECK else f"levels of DORA {name}"
