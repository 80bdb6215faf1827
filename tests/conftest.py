"""What every test may rely on, wherever the suite is started from."""

import signal


def pytest_configure() -> None:
    """Programs that tests start can be interrupted, also where the suite runs in the background.

    A shell starts a background job with SIGINT ignored, and that is handed down.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
