"""The guardian: the zygote's parent, which ends all processes that a killed zygote leaves behind.

    python -m fsw.jobs.guardian DESCRIPTOR NAME=MODULE ... MODULE ...

DESCRIPTOR is their end of the socket (orders.py). The guardian holds it until no process of the zygote is left: when
the node finds it closed, no worker of it runs any more. Each MODULE with a NAME has a function `run` that is the
pipeline of that name; the zygote imports the others, which pipelines will need, so that no worker has to.
"""

import os
import signal
import sys
from contextlib import suppress

from fsw.jobs.kin import adopt_orphans, end_children, wait_for

_LEFT_TO_THE_NODE = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def main(arguments: list[str]) -> None:
    """Run the zygote, end what it leaves behind, and end as it ended."""
    for number in _LEFT_TO_THE_NODE:
        signal.signal(number, signal.SIG_IGN)  # ^C and a service's stop are for the node, which then ends this process
    adopt_orphans()
    descriptor, *named = arguments
    guardian = os.pidfd_open(os.getpid())
    zygote = os.fork()
    if not zygote:
        adopt_orphans()
        from fsw.jobs.zygote import serve_node  # only the zygote needs it; the guardian stays small

        return serve_node(int(descriptor), guardian, named)
    status, _ = wait_for(zygote)
    end_children()
    if status < 0:
        with suppress(OSError):  # SIGKILL has no handler to reset
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)  # so that the node learns how the zygote ended
    sys.exit(status)


if __name__ == "__main__":
    main(sys.argv[1:])
