"""What the HTML page shows beside the report."""
