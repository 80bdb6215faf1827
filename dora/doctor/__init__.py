"""What `dora doctor` finds wrong with the data or the token, and how to fix it."""
