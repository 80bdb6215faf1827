"""Reading one repository: deployments, commits, pull requests and tags."""
