// SPDX-License-Identifier: BSD-2-Clause
// A JsSIP phone without sound, for jssip_test.py: one JSON line on stdout for each thing
// that happens, one on stdin for each thing it is to do.
//
//     node phone.js URL ADDRESS PASSWORD-FILE [CA-FILE]
//     stdin:  {"do": "message", "to": "sip:bob@example.test", "text": "hello"}
//             {"do": "register"}, {"do": "unregister", "all": false}
//             {"do": "options", "to": ...}
//             {"do": "cut"}     the WebSocket is gone, without a word
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

let socket = null; // the latest

global.WebSocket = class extends WebSocket {
  constructor(where, protocols) {
    super(where, protocols, caFile ? { ca: fs.readFileSync(caFile) } : {});
    socket = this;
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
  connection_recovery_min_interval: 1,
});

phone.on("connected", () => say("connected"));
phone.on("disconnected", (e) => say("disconnected", { error: Boolean(e.error), code: e.code, reason: e.reason }));
phone.on("registered", (e) =>
  say("registered", {
    contact: e.response.getHeader("Contact"),
    public: phone.contact.pub_gruu,
    temporary: phone.contact.temp_gruu,
  })
);
phone.on("unregistered", () => say("unregistered"));
phone.on("registrationFailed", (e) => say("registration-failed", { cause: e.cause }));
phone.on("newMessage", (e) => {
  if (e.originator === "remote") {
    say("message", { from: e.message.remote_identity.uri.toAor(), text: e.request.body, uri: String(e.request.ruri) });
    e.message.accept();
  }
});
phone.on("newOptions", (e) => {
  if (e.originator === "remote") {
    say("options", { from: e.message.remote_identity.uri.toAor(), uri: String(e.request.ruri) });
    e.message.accept();
  }
});

const answers = {
  eventHandlers: {
    succeeded: (e) => say("sent", { status: e.response.status_code }),
    failed: (e) => say("failed", { status: e.response ? e.response.status_code : 0, cause: e.cause }),
  },
};

const orders = {
  message: (order) => phone.sendMessage(order.to, order.text, answers),
  options: (order) => phone.sendOptions(order.to, "", answers),
  register: () => phone.register(),
  unregister: (order) => phone.unregister({ all: order.all }),
  cut: () => socket.terminate(),
  stop: () => phone.stop(),
};

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const order = JSON.parse(line);

  orders[order.do](order);
});

phone.start();
