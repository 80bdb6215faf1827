"""Imports every module of the package, so that processes forked afterwards need not."""

import pkgutil
from importlib import import_module

import dora

for found in pkgutil.walk_packages(dora.__path__, "dora."):
    if not found.name.endswith("__main__"):
        import_module(found.name)
