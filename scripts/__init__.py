"""The commands, one file each; their parts are in the folders."""

import signal


def end_at_once_on_ctrl_c() -> None:
    """Let Ctrl-C end a command without a stack trace while it imports modules; `run_command` listens to it later."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # in the background it is ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)
