"""The finished report: rows, comparison, evidence and page, and their JSON."""
