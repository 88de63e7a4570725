// SPDX-License-Identifier: BSD-2-Clause
// A JsSIP phone without sound, for jssip_test.py: one JSON line on stdout for each thing
// that happens, one on stdin for each thing it is to do.
//
//     node phone.js URL ADDRESS PASSWORD-FILE [CA-FILE]
//     stdin:  {"do": "message", "to": "sip:bob@example.test", "text": "hello"}
//             {"do": "stop"}
//
// In a browser WebSocket is the browser's; here it is that of the package ws, told whom to
// trust.
"use strict";

const fs = require("fs");
const readline = require("readline");
const JsSIP = require("jssip");
const WebSocket = require("ws");

const [url, address, passwordFile, caFile] = process.argv.slice(2);

global.WebSocket = class extends WebSocket {
  constructor(where, protocols) {
    super(where, protocols, caFile ? { ca: fs.readFileSync(caFile) } : {});
  }
};

function say(event, fields) {
  process.stdout.write(JSON.stringify(Object.assign({ event }, fields)) + "\n");
}

const phone = new JsSIP.UA({
  sockets: [new JsSIP.WebSocketInterface(url)],
  uri: address,
  password: fs.readFileSync(passwordFile, "utf8").trim(),
  register_expires: 300,
});

phone.on("connected", () => say("connected"));
phone.on("disconnected", (e) => say("disconnected", { error: Boolean(e.error), code: e.code, reason: e.reason }));
phone.on("registered", (e) => say("registered", { contact: e.response.getHeader("Contact") }));
phone.on("unregistered", () => say("unregistered"));
phone.on("registrationFailed", (e) => say("registration-failed", { cause: e.cause }));
phone.on("newMessage", (e) => {
  if (e.originator === "remote") {
    say("message", { from: e.message.remote_identity.uri.toAor(), text: e.request.body });
    e.message.accept();
  }
});

function sendMessage(to, text) {
  phone.sendMessage(to, text, {
    eventHandlers: {
      succeeded: (e) => say("sent", { status: e.response.status_code }),
      failed: (e) => say("failed", { status: e.response ? e.response.status_code : 0, cause: e.cause }),
    },
  });
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const command = JSON.parse(line);

  if (command.do === "message") sendMessage(command.to, command.text);
  else phone.stop();
});

phone.start();
