"""Turns a finished report into text, format by format."""

#: The formats of a report, each with the file extensions that select it.
FORMATS = {
    "table": (".txt",),
    "markdown": (".md", ".markdown"),
    "html": (".html", ".htm"),
    "json": (".json",),
    "csv": (".csv",),
}
