"""What the collector and the analysis share: the tables, and the rules that both apply."""
