# SPDX-License-Identifier: BSD-2-Clause
"""message.py SERVER USER: a MESSAGE to sip:USER@example.test by way of SERVER:5060 over UDP; prints
the status line and the headers of what is answered.  A program of its own, so that it can be run on
another host (netns.py)."""

import socket
import sys
import time

TEXT = ("MESSAGE sip:%s@example.test SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK-message;rport\r\nMax-Forwards: 70\r\n"
        "From: <sip:bob@example.test>;tag=m\r\nTo: <sip:%s@example.test>\r\nCall-ID: message\r\nCSeq: 1 MESSAGE\r\n"
        "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello")


def main():
    server, user = sys.argv[1:]
    end = time.monotonic() + 20
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect((server, 5060))
        s.settimeout(0.5)
        host = "%s:%d" % s.getsockname()
        while time.monotonic() < end:
            s.send((TEXT % (user, host, user)).encode())
            try:
                answer = s.recv(65536).decode()
            except socket.timeout:
                continue
            if not answer.startswith("SIP/2.0 1"):
                print(answer)
                return
    sys.exit("no answer")


main()
