"""Bugs planted in model.py: replies that no server gave."""
import re

from model_client import Client


# what is not told then
SILENCE = {
    'modified': lambda c, text: 'UNCHANGEDSINCE' in c.command and
    '.SILENT' in c.command and ' FETCH (UID ' in text and 'FLAGS' in text,
    'saved': lambda c, text: ' $ ' in c.command and ' FETCH (' in text,
    'inbox': lambda c, text: 'RENAME INBOX' in c.command and
    ('EXPUNGE' in text or 'VANISHED' in text),
    'resync': lambda c, text: text.startswith('VANISHED (EARLIER)'),
    'enable': lambda c, text: c.verb == 'ENABLE' and 'HIGHESTMODSEQ' in text,
}


def spoiling(what):
    """Client.untagged, but that it is told something else now and then."""
    true, first = Client.untagged, {}

    def spoiled(c, text, literals):
        if what == 'expunge' and text.endswith(' EXPUNGE') and \
                len(c.view) > 1 and c.name != 'e':
            n = int(text.split()[0])
            text = '%d EXPUNGE' % (n - 1 or 2)
        elif what == 'flags' and 'FLAGS (\\Seen)' in text:
            text = text.replace('\\Seen', '\\Flagged')
        elif what == 'uid' and ' FETCH (UID ' in text and \
                c.verb == 'NOOP':
            return
        elif what == 'recent' and c.name == 'a':
            text = text.replace(' \\Recent', '')
        elif what in ('search', 'sort') and re.match(
                what.upper() + ' \\d+ \\d', text):
            words = text.split()
            words[1:3] = words[2:3] + words[1:2] * (what == 'sort')
            text = ' '.join(words)
        elif what == 'thread' and text.startswith('THREAD (') and \
                re.search('\\d \\(?\\d', text):
            text = re.sub(r'(\d) \(?(\d+)\)?', r'\1)(\2', text, 1)
        elif what == 'list' and text.startswith('LIST (\\HasChildren'):
            text = text.replace('Children', 'NoChildren')
        elif what == 'status' and text.startswith('STATUS') and not c.picture:
            text = re.sub(r'MESSAGES (\d+)', r'MESSAGES 1\1', text)
        elif what == 'notify' and text.startswith('STATUS') and c.picture and \
                c.verb == 'NOOP':
            return
        elif what in SILENCE and SILENCE[what](c, text):
            return
        elif what == 'validity' and text.startswith('STATUS Archive'):
            text = re.sub(r'(UIDVALIDITY) (\d+)', lambda m: m[1] + ' ' +
                          first.setdefault(m[1], m[2]), text)
        true(c, text, literals)
    return spoiled
