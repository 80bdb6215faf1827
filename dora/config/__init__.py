"""Options, environment variables and file, merged into one frozen `Config`."""

from dora.config.config import Config, load_config

__all__ = ["Config", "load_config"]
