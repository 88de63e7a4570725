# SPDX-License-Identifier: BSD-2-Clause
"""Somebody who is watched: takes each SUBSCRIBE, or answers `status`, and tells what it is given (RFC 6665)."""

import re
import socket
import threading

STATE = ("NOTIFY %(contact)s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%(port)d;branch=z9hG4bK%(branch)d;rport\r\nMax-Forwards: 70\r\n"
         "From: %(to)s;tag=notifier\r\nTo: %(from)s\r\nCall-ID: %(call_id)s\r\nCSeq: %(cseq)d NOTIFY\r\n"
         "Contact: <sip:127.0.0.1:%(port)d>\r\nEvent: %(event)s\r\nSubscription-State: %(state)s\r\n"
         "Content-Type: application/pidf+xml\r\nContent-Length: %(len)d\r\n\r\n%(body)s")


class Notifier:
    def __init__(self, bench, *bodies, status=200):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.bodies, self.status, self.cseq, self.heard = bodies, status, 0, []
        self.ending = False
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        bench.add(self)

    def serve(self):
        while True:
            data, source = self.socket.recvfrom(65536)
            if self.ending:
                return
            text = data.decode()
            if text.startswith("SUBSCRIBE "):
                self.subscribed(text, source)

    def subscribed(self, text, source):
        headers = {name.lower(): value for name, value in re.findall(r"(?m)^([A-Za-z-]+): *(.*?)\r$", text)}
        self.heard.append(headers)
        via = "".join("Via: %s\r\n" % v for v in re.findall(r"(?m)^Via: *(.*?)\r$", text))
        to = headers["to"] if ";tag=" in headers["to"] else headers["to"] + ";tag=notifier"
        answer = ("SIP/2.0 %d Said\r\n%sFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\nContact: <sip:127.0.0.1:%d>\r\n"
                  "Expires: %s\r\nContent-Length: 0\r\n\r\n" % (self.status, via, headers["from"], to, headers["call-id"],
                                                                headers["cseq"], self.port, headers["expires"]))
        self.socket.sendto(answer.encode(), source)
        if self.status >= 300:
            return
        over = headers["expires"] == "0"
        for body in self.bodies[:1] if over else self.bodies:
            self.cseq += 1
            self.socket.sendto((STATE % {
                "contact": re.search("<(.*?)>", headers["contact"]).group(1), "port": self.port, "branch": self.cseq,
                "to": headers["to"].split(";tag=")[0], "from": headers["from"], "call_id": headers["call-id"],
                "cseq": self.cseq, "event": headers["event"], "len": len(body), "body": body,
                "state": "terminated;reason=timeout" if over else "active;expires=3600"}).encode(), source)

    def stop(self):
        self.ending = True
        self.socket.sendto(b"", ("127.0.0.1", self.port))
        self.thread.join()
        self.socket.close()
