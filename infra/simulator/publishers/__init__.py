"""The simulated publishers on the web: a server on this machine that answers, and fails, as theirs.

offer = Offer(records=lambda: rows, time_field="ingresso")
with PublisherServer({"sessions": offer}) as server:
adapter reads f"{server.url}/api/offset/sessions?from=…&to=…"
server.fail("sessions", Fault("rate_limited", times=2, retry_after_s=1))
"""

from infra.simulator.publishers.certificates import make_certificate
from infra.simulator.publishers.faults import Fault, FaultKind
from infra.simulator.publishers.offers import Offer, Record
from infra.simulator.publishers.server import PublisherServer

__all__ = ["Fault", "FaultKind", "Offer", "PublisherServer", "Record", "make_certificate"]
