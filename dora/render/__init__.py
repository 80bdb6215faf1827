"""Turns a finished report into text, format by format."""

#: The formats a report can be rendered in, and the endings of file names that ask for them.
FORMATS = {
    "table": (".txt",),
    "markdown": (".md", ".markdown"),
    "html": (".html", ".htm"),
    "json": (".json",),
    "csv": (".csv",),
}
