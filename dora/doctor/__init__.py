"""What `dora doctor` finds: tables and what GitHub said of the token in, findings out."""
