"""The messages of model.py: what is in one is known before it is written."""
import datetime
import email.message
import email.policy
import unicodedata

UTC = datetime.timezone.utc
BEGIN = datetime.datetime(2001, 1, 1, tzinfo=UTC)
SPAN_S = 700 * 86400

FLAGS = ['\\Seen', '\\Flagged', '\\Answered', '\\Draft', '\\Deleted',
         '$Label1', 'work']
PEOPLE = [('Annette Lee', 'zannette'), ('', 'bobbin'), ('Zoë Ölsen', 'mzoe'),
          ('carlo', 'aaron'), ('Bert', 'BERTRAM')]
# base subjects, each of a talk of its own
TALKS = ['', 'lunch', 'Budget 2026', 'zebra', 'Älpler Käse', 'alpha [x] beta',
         'lunchtime']
# what may stand around one (RFC 5256 2.1): before, behind, is it a reply
AROUND = [('', '', False), ('Re: ', '', True), ('re[2]: ', '', True),
          ('Fwd: ', '', True), ('[list] ', '', False), ('', ' (fwd)', True),
          ('RE: [list] FW : ', '', True), ('[fwd: ', ']', True)]
WORDS = ['walnut', 'PLUM', 'Straße', 'naïve', 'mandarin']
GREEK = 'ΣΊΣΥΦΟΣ'


def casemap(text):
    """What strings are compared by (RFC 5051), for the letters used here."""
    return unicodedata.normalize('NFD', text.upper()).encode()


class Letter:
    def __init__(self, token, r, earlier):
        self.token = token
        self.talk = r.randrange(len(TALKS))
        base = TALKS[self.talk]
        before, behind, _ = r.choice(AROUND if base else AROUND[:2])
        self.base, self.subject = casemap(base), before + base + behind
        self.people = {k: r.choice(PEOPLE) if k == 'From' or r.random() < .6
                       else None for k in ('From', 'To', 'Cc')}
        zone = datetime.timezone(datetime.timedelta(
            hours=r.choice((-8, 0, 0, 5, 13))))
        self.sent = (BEGIN + datetime.timedelta(
            seconds=r.randrange(SPAN_S))).astimezone(zone)
        self.arrival = BEGIN + datetime.timedelta(
            seconds=r.randrange(SPAN_S, 2 * SPAN_S))
        self.refer(r, earlier)
        self.write(r)
        self.size = len(self.data)

    def refer(self, r, earlier):
        """Its ancestors, the oldest first; not all of them are named in it."""
        fit = [e for e in earlier if e.talk == self.talk and
               len(e.ancestors) < 6]
        parent = r.choice(fit) if fit and r.random() < 0.6 else None
        self.ancestors = parent.ancestors + [parent.token] if parent else []
        self.whole = r.random() < 0.8     # by References, else In-Reply-To

    def write(self, r):
        m = email.message.EmailMessage(email.policy.SMTP)
        m['X-Token'] = self.token
        self.headers = {'Subject': self.subject, 'X-Token': self.token}
        for name, who in self.people.items():
            if who:
                address = '%s@model.test' % who[1]
                m[name] = '%s <%s>' % (quoted(who[0]), address) if who[0] \
                    else address
                self.headers[name] = who[0] + ' ' + address
        m['Subject'] = self.subject
        m['Date'] = self.sent
        m['Message-ID'] = msgid(self.token)
        ids = ' '.join(map(msgid, self.ancestors))
        if ids and self.whole:
            m['References'] = self.headers['References'] = ids
        elif ids:
            m['In-Reply-To'] = self.headers['In-Reply-To'] = \
                msgid(self.ancestors[-1])
        self.text = 'Hello. ' + ' '.join(r.sample(WORDS, r.randrange(4)))
        charset = r.choice(('utf-8', 'iso-8859-1'))
        if charset == 'utf-8' and r.random() < 0.3:
            self.text += ' ' + GREEK
        m.set_content(self.text + '\n', charset=charset, cte=r.choice(
            ('quoted-printable', 'base64')))
        if r.random() < 0.2:
            m.add_attachment(b'pomegranate' * r.randrange(1, 9),
                             maintype='application', subtype='octet-stream')
            m.set_boundary('=_' + self.token)
        self.data = m.as_bytes()

    def display(self, name):
        """RFC 5957 3"""
        who = self.people[name]
        return casemap(who[0] or who[1] + '@model.test') if who else b''

    def mailbox(self, name):
        who = self.people[name]
        return casemap(who[1]) if who else b''


def quoted(name):
    return '"%s"' % name


def msgid(token):
    return '<%s@model.test>' % token
