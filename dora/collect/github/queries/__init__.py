"""Every query to GitHub, one a file, as text that can be pasted into an explorer."""
