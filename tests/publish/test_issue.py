"""One issue, a comment a week: also after a crash, a lost answer, or somebody's forgery."""
