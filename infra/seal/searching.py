"""Looking for values in sealed deliveries, as far as keys open them."""

import io

from infra.adapters.opening import payloads_of
from infra.arrivals import Arrivals
from infra.scan import Findings, search_file
from infra.seal.archive import Archive


def search_arrivals(arrivals: Arrivals, findings: Findings, *, shown: str) -> None:
    """Look into names and contents of the files of a delivery."""
    for number, payload in enumerate(payloads_of(arrivals), 1):
        where = f"{shown}, file {number}"
        name = payload.name.encode("utf-8", "surrogatepass")
        findings.search(name, path=where, trail="", place=lambda *_: "name")
        search_file(io.BytesIO(payload.content), findings, name="", shown=where)


def search_archive(archive: Archive, findings: Findings) -> int:
    """Look into all sealed deliveries of an archive; how many there were."""
    count = 0
    for key in archive.contents.contract_keys():
        for records in archive.contents.by_ciphertext(key):
            shown = f"sealed {key}/{records[0].delivery_id}"
            search_arrivals(archive.contents.open(records[0]), findings, shown=shown)
            count += 1
        answers = repr(archive.answers.said(key)).encode()
        findings.search(answers, path=f"answers/{key}", trail="", place=lambda *_: "address")
    return count
