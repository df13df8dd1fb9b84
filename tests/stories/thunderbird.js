/* What the stories ask of Thunderbird, in its own words: its account setup,
 * its folders, its search and its sending.  Each function may be awaited. */
const { MailServices } = ChromeUtils.importESModule(
  "resource:///modules/MailServices.sys.mjs");
const Flag = Ci.nsMsgFolderFlags;

/* For calls that tell a listener: act(listener) starts it. */
function told(act) {
  return new Promise((done, fail) => {
    const end = status => Components.isSuccessCode(status) ? done() :
      fail(new Error("status 0x" + (status >>> 0).toString(16)));
    act({
      QueryInterface: ChromeUtils.generateQI(["nsIUrlListener",
        "nsIMsgCopyServiceListener", "nsIMsgSendListener",
        "nsIMsgSearchNotify"]),
      OnStartRunningUrl() {}, OnStopRunningUrl(url, status) { end(status); },
      onStartCopy() {}, onProgress() {}, setMessageKey() {},
      getMessageId() { return null; }, onStopCopy(status) { end(status); },
      onStartSending() {}, onSendProgress() {}, onStatus() {},
      onGetDraftFolderURI() {}, onSendNotPerformed() { end(0x80004005); },
      onTransportSecurityError(id, status) { end(status); },
      onStopSending(id, status) { end(status); },
      onSearchHit() {}, onNewSearch() {}, onSearchDone(status) { end(status); },
    });
  });
}

function server(type) {
  return MailServices.accounts.allServers.find(s => s.type == type);
}

function folder(type, name) {
  const root = server(type).rootFolder;
  const found = root.descendants.find(f => f.name == name ||
    f.localizedName == name) ||
    (name == "Inbox" && root.getFolderWithFlags(Flag.Inbox));
  if (!found)
    throw new Error("no folder " + name + " in " + root.descendants.map(
      f => f.name));
  return found;
}

function message(where, subject) {
  for (const m of where.messages)
    if (m.mime2DecodedSubject == subject)
      return m;
  throw new Error("no message " + subject + " in " + where.name);
}

const act = {
  trust(certificate) {
    Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB)
      .addCertFromBase64(certificate, "CT,,");
  },

  /* By the code behind the dialog "set up your existing mail address". */
  async account(type, incoming, outgoing, user, password) {
    const { AccountConfig } = ChromeUtils.importESModule(
      "resource:///modules/accountcreation/AccountConfig.sys.mjs");
    const { CreateInBackend } = ChromeUtils.importESModule(
      "resource:///modules/accountcreation/CreateInBackend.sys.mjs");
    const socket = { "TLS": Ci.nsMsgSocketType.SSL,
      "STARTTLS": Ci.nsMsgSocketType.alwaysSTARTTLS };
    const fill = (one, protocol, { host, port, security }) => Object.assign(
      one, { type: protocol, hostname: host, port, username: user, password,
        socketType: socket[security],
        auth: Ci.nsMsgAuthMethod.passwordCleartext });
    const config = new AccountConfig();
    fill(config.incoming, type, incoming);
    fill(config.outgoing, "smtp", outgoing);
    config.incoming.loginAtStartup = false;
    config.incoming.checkInterval = 600;
    config.incoming.leaveMessagesOnServer = true;
    config.incoming.deleteOnServerWhenLocalDelete = true;
    config.identity.realname = "Älice";
    config.identity.emailAddress = user;
    config.rememberPassword = true;
    const account = await CreateInBackend.createAccountInBackend(config);
    /* New mail is told by IDLE, or not at all. */
    account.incomingServer.doBiff = false;
  },

  /* Another port, or a switch of the account's settings. */
  reach(type, { port, security }) {
    const s = server(type);
    s.port = port;
    s.socketType = security == "TLS" ? Ci.nsMsgSocketType.SSL :
      Ci.nsMsgSocketType.alwaysSTARTTLS;
  },

  set(type, name, value) {
    server(type).setBoolValue(name, value);
  },

  /* Get new mail: of POP3 what is new, of IMAP the folders too. */
  fetch(type, name = "Inbox") {
    if (type == "pop3")
      return told(l => MailServices.pop3.GetNewMail(null, l,
        folder(type, "Inbox"), server(type)));
    return told(l => folder(type, name).QueryInterface(
      Ci.nsIMsgImapMailFolder).updateFolderWithListener(null, l));
  },

  folders(type) {
    const found = {};
    for (const f of server(type).rootFolder.descendants)
      found[f.name] = Object.keys(Flag).filter(name =>
        ["Inbox", "SentMail", "Drafts", "Trash", "Junk", "Archive"]
          .includes(name) && f.getFlag(Flag[name]));
    return found;
  },

  list(type, name = "Inbox") {
    return Array.from(folder(type, name).messages, m => ({
      subject: m.mime2DecodedSubject, read: m.isRead, flagged: m.isFlagged,
      answered: !!(m.flags & Ci.nsMsgMessageFlags.Replied),
      tags: m.getStringProperty("keywords").split(" "),
      size: m.messageSize, id: m.messageId,
    }));
  },

  /* The message's source, as a person sees it with Ctrl-U. */
  source(type, name, subject) {
    const where = folder(type, name);
    const uri = where.getUriForMsg(message(where, subject));
    return new Promise((done, fail) => {
      let text = "";
      const stream = Cc["@mozilla.org/scriptableinputstream;1"].createInstance(
        Ci.nsIScriptableInputStream);
      MailServices.messageServiceFromURI(uri).streamMessage(uri, {
        QueryInterface: ChromeUtils.generateQI(["nsIStreamListener"]),
        onStartRequest() {},
        onDataAvailable(request, input, offset, count) {
          stream.init(input);
          text += stream.readBytes(count);
        },
        onStopRequest(request, status) {
          if (Components.isSuccessCode(status))
            done(text);
          else
            fail(new Error("stream: 0x" + (status >>> 0).toString(16)));
        },
      }, null, null, false, "", false);
    });
  },

  mark(type, name, subject, what) {
    const where = folder(type, name);
    const m = message(where, subject);
    if ("read" in what)
      where.markMessagesRead([m], what.read);
    if ("flagged" in what)
      where.markMessagesFlagged([m], what.flagged);
    if ("tag" in what)
      where.addKeywordsToMessages([m], what.tag);
  },

  move(type, name, subject, to, isMove = true) {
    const where = folder(type, name);
    return told(l => MailServices.copy.copyMessages(where,
      [message(where, subject)], folder(type, to), isMove, l, null, false));
  },

  remove(type, name, subject) {
    const where = folder(type, name);
    return told(l => where.deleteMessages([message(where, subject)], null,
      false, false, l, false));
  },

  createFolder(type, name) {
    server(type).rootFolder.createSubfolder(name, null);
  },

  renameFolder(type, name, to) {
    folder(type, name).rename(to, null);
  },

  /* On the server; attribute is one of nsMsgSearchAttrib. */
  async search(name, attribute, text) {
    const session = Cc["@mozilla.org/messenger/searchSession;1"]
      .createInstance(Ci.nsIMsgSearchSession);
    session.addScopeTerm(Ci.nsMsgSearchScope.onlineMail, folder("imap", name));
    const term = session.createTerm();
    const value = term.value;
    value.attrib = term.attrib = Ci.nsMsgSearchAttrib[attribute];
    value.str = text;
    term.value = value;
    term.op = Ci.nsMsgSearchOp.Contains;
    session.appendTerm(term);
    const hits = [];
    await told(l => {
      l.onSearchHit = m => hits.push(m.mime2DecodedSubject);
      session.registerListener(l);
      session.search(null);
    });
    return hits.sort();
  },

  /* As the compose window does it when there is no editor: plain text. */
  async send(type, { security, port }, to, subject, body, attachment) {
    const account = MailServices.accounts.findAccountForServer(server(type));
    const out = MailServices.outgoingServer.servers[0]
      .QueryInterface(Ci.nsISmtpServer);
    out.port = port;
    out.socketType = security == "TLS" ? Ci.nsMsgSocketType.SSL :
      Ci.nsMsgSocketType.alwaysSTARTTLS;
    const fields = Cc["@mozilla.org/messengercompose/composefields;1"]
      .createInstance(Ci.nsIMsgCompFields);
    const identity = account.defaultIdentity;
    fields.from = MailServices.headerParser.makeMimeAddress(
      identity.fullName, identity.email);
    fields.to = to;
    fields.bcc = identity.email;
    fields.subject = subject;
    fields.body = body;
    if (attachment) {
      const one = Cc["@mozilla.org/messengercompose/attachment;1"]
        .createInstance(Ci.nsIMsgAttachment);
      one.url = "data:application/octet-stream;base64," + attachment.base64;
      one.name = attachment.name;
      fields.addAttachment(one);
    }
    const send = Cc["@mozilla.org/messengercompose/send;1"].createInstance(
      Ci.nsIMsgSend);
    await told(l => send.createAndSendMessage(null, identity, account.key,
      fields, false, false, Ci.nsIMsgSend.nsMsgDeliverNow, null, "text/plain",
      body, null, null, l, "", "", Ci.nsIMsgCompType.New));
  },
};
