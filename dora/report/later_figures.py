"""The figures that were added after tables had been published: their columns come last."""

from dora.report.figure import COUNT, DELIVERY, NUMBER, TEXT, Figure, ends_of, figures_of

#: The metrics that have levels, and those of them that have places (B2, B5).
WITH_LEVELS = ("deployment_frequency", "change_lead_time", "change_fail_rate", "recovery_time")
WITH_PLACES = ("deployment_frequency", "change_lead_time", "recovery_time")


def _compared(metric: str) -> tuple[Figure, ...]:
    """The ends of the level and of the place of *metric* (B3, B5)."""
    ends = (("worst", "level of the worse end of its interval (B3)"),
            ("best", "level of the better end"))  # fmt: skip
    levels = (
        (f"level_{end}", TEXT, f"{meaning}, where they differ", ("level_range", place))
        for place, (end, meaning) in enumerate(ends)
    )
    sides = (("better", "answered better"), ("at_least_as_good", "answered at least as well"))
    places = (
        (f"place_{side}", NUMBER, f"share of DORA's respondents of 2025 who {what} (B5)",
         ("place", place), f"place_{side}_ratio",
         f"Share of the respondents of DORA's survey of 2025 who {what}.")
        for place, (side, what) in enumerate(sides)
    )  # fmt: skip
    return tuple(figures_of(metric, *levels, *(places if metric in WITH_PLACES else ())))


#: Columns that came later, each below all that came before it.
LATER: tuple[Figure, ...] = (
    *figures_of(
        "deployment_frequency",
        ("exposure_days", NUMBER, "days that the rates are of (DF2)", "exposure_days"),
    ),
    *figures_of(
        "recovery_time",
        *ends_of("median", "95 % interval of the median (R4)", "median_interval",
                 "the median time to recovery", "seconds"),
    ),
    *(
        figure
        for metric in WITH_LEVELS
        for figure in _compared(metric)
    ),
    *figures_of(
        DELIVERY,
        ("changes", COUNT, "changes merged in the window, shipped or waiting (LT12)", "changes",
         "changes", "Changes merged in the window, live or waiting."),
        ("waiting", COUNT, "of them, those that wait (LT12)", "waiting",
         "waiting_changes", "Of these, those that production has not received."),
        ("median_seconds", NUMBER, "median from merge to live, with those that wait (LT12)",
         "median", "median_seconds",
         "Median time from merge to live, changes that wait counted as waiting on."),
    ),
)  # fmt: skip
