/* imapflow.js HOST PORT SECURE USER PASSWORD CAFILE - a mailbox used through
 * imapflow, which compresses, enables CONDSTORE and UTF8=ACCEPT, idles by
 * itself, and asks with ESEARCH, MOVE, UIDPLUS and SPECIAL-USE where they are
 * offered.  Its last line is ok; what it was told unasked counts too. */
"use strict";
const assert = require("assert").strict;
const { ImapFlow } = require(process.env.CORREO_NODE_MODULES + "/imapflow");
const [host, port, secure, user, pass, cafile] = process.argv.slice(2);

function client() {
  const c = new ImapFlow({
    host, port: +port, secure: secure == "1", doSTARTTLS: secure != "1",
    auth: { user, pass }, qresync: true, logger: false,
    tls: { ca: require("fs").readFileSync(cafile), servername: "localhost" },
  });
  c.told = [];
  for (const event of ["exists", "expunge", "flags"])
    c.on(event, x => c.told.push({ event, ...x }));
  return c;
}

const mail = (n, text = "Hello\r\n") =>
  `From: a@sender.test\r\nTo: ${user}\r\nSubject: flow ${n}\r\n` +
  `Date: Sun, 22 Nov 2026 10:00:0${n % 10} +0000\r\n\r\n${text}`;

async function until(what, found) {
  for (let i = 0; i < 1500; i++) {
    const value = found();
    if (value)
      return value;
    await new Promise(done => setTimeout(done, 20));
  }
  throw new Error(what + ": not within 30 s");
}

async function all(c, range, what, options = { uid: true }) {
  const found = [];
  for await (const m of c.fetch(range, what, options))
    found.push(m);
  return found;
}

async function folders(c) {
  const listed = await c.list({ statusQuery: { messages: true } });
  const use = Object.fromEntries(listed.map(x => [x.specialUse, x.path]));
  for (const name of ["Archive", "Drafts", "Junk", "Sent", "Trash"])
    assert.equal(use["\\" + name], name);
  const made = await c.mailboxCreate(["Büro", "Rechnungen & Mahnungen"]);
  assert.ok(made.created);
  const path = await c.mailboxRename(made.path, ["Büro", "Ablage"]);
  assert.equal(path.newPath, "Büro.Ablage");
  await c.mailboxSubscribe(path.newPath);
  assert.ok((await c.list()).find(x => x.path == "Büro.Ablage" &&
    x.subscribed));
  return path.newPath;
}

async function messages(c) {
  const uids = [];
  for (let n = 1; n <= 9; n++)
    uids.push((await c.append("INBOX", mail(n), n == 1 ? ["\\Seen", "$Work"] :
      [], new Date(Date.UTC(2026, 0, n)))).uid);
  const box = await c.mailboxOpen("INBOX");
  assert.equal(box.exists, 9);
  assert.equal(box.uidNext, uids[8] + 1);
  assert.ok(box.highestModseq > 0n);
  const found = await all(c, "1:*", { uid: true, flags: true, envelope: true,
    bodyStructure: true, internalDate: true, size: true,
    headers: ["subject"] }, {});
  assert.deepEqual(found.map(m => m.uid), uids);
  assert.deepEqual([...found[0].flags].filter(f => f != "\\Recent").sort(),
    ["$Work", "\\Seen"]);
  assert.equal(found[4].envelope.subject, "flow 5");
  assert.equal(found[4].envelope.from[0].address, "a@sender.test");
  assert.equal(found[4].bodyStructure.type, "text/plain");
  assert.equal(found[4].internalDate.toISOString(),
    "2026-01-05T00:00:00.000Z");
  assert.equal(found[4].size, mail(5).length);
  assert.match(found[4].headers.toString(), /^subject: flow 5\r\n/i);
  let text = "";
  const { content } = await c.download(uids[6], undefined, { uid: true });
  for await (const part of content)
    text += part;
  assert.equal(text, mail(7));
  return uids;
}

async function changes(c, uids, folder) {
  const by = { uid: true };
  assert.ok(await c.messageFlagsAdd(uids.slice(0, 3), ["\\Flagged"], by));
  assert.ok(await c.messageFlagsRemove([uids[2]], ["\\Flagged"], by));
  assert.ok(await c.messageFlagsSet([uids[3]], ["\\Answered", "$Mine"], by));
  assert.deepEqual(await c.search({ flagged: true }, by), uids.slice(0, 2));
  assert.deepEqual(await c.search({ keyword: "$Mine" }, by), [uids[3]]);
  assert.deepEqual(await c.search({ subject: "FLOW 8" }, by), [uids[7]]);
  assert.deepEqual(await c.search({ or: [{ body: "nothing" },
    { uid: `${uids[4]}:${uids[5]}` }], not: { seen: true } }, by),
    uids.slice(4, 6));
  assert.deepEqual(await c.search({ since: new Date("2026-01-08T12:00:00Z"),
    all: true }, by), uids.slice(7));
  const copied = await c.messageCopy(uids.slice(0, 2), folder, by);
  assert.deepEqual([...copied.uidMap.keys()], uids.slice(0, 2));
  const moved = await c.messageMove(uids.slice(5, 7), "Archive", by);
  assert.deepEqual([...moved.uidMap.keys()], uids.slice(5, 7));
  assert.ok(await c.messageDelete([uids[8]], by));
  const left = await all(c, "1:*", { uid: true }, {});
  assert.deepEqual(left.map(m => m.uid), [...uids.slice(0, 5), uids[7]]);
  const status = await c.status(folder, { messages: true, unseen: true,
    uidNext: true, highestModseq: true });
  assert.equal(status.messages, 2);
  assert.equal(status.unseen, 1);
}

/* The one idles, the other works. */
async function idling(c, other, uids) {
  await other.mailboxOpen("INBOX");
  const since = c.mailbox.highestModseq;
  c.told.length = 0;
  c.idle();
  await until("IDLE", () => c.idling);
  await other.append("INBOX", mail(10));
  await until("exists", () => c.told.find(x => x.event == "exists" &&
    x.count == 7));
  await other.messageFlagsAdd([uids[1]], ["$Told"], { uid: true });
  await until("flags", () => c.told.find(x => x.event == "flags" &&
    x.flags.has("$Told")));
  await other.messageDelete([uids[0]], { uid: true });
  await until("expunge", () => c.told.find(x => x.event == "expunge"));
  const changed = await all(c, "1:*", { uid: true, flags: true },
    { uid: true, changedSince: since });
  assert.deepEqual(changed.map(m => m.uid), [uids[1], uids[8] + 1]);
}

async function main() {
  const c = client(), other = client();
  await c.connect();
  await other.connect();
  const folder = await folders(c);
  const uids = await messages(c);
  await changes(c, uids, folder);
  await idling(c, other, uids);
  await c.mailboxClose();
  await c.mailboxDelete(folder);
  await other.logout();
  await c.logout();
  console.log("ok");
}

main().catch(e => {
  console.error(e, e.responseText || "");
  process.exit(1);
});
