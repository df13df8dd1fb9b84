"""A Maildir that another server kept is taken over as it is: Debian's Dovecot
makes one, and no client has anything to download again."""
import imaplib
import os
import poplib
import re
import shutil
import tempfile

from correo import Skip, run, tell, the_instance

DOVECOT = '/usr/lib/dovecot/imap'
NOBODY = 65534
FOLDERS = 'INBOX', 'Work', 'Work.Sub', '&AOk-t&AOk-', 'A&-B'

c = the_instance()
c.own_users()


def dovecot(place):
    """A session of Dovecot's over its standard streams."""
    return imaplib.IMAP4_stream(
        'setpriv --reuid={0} --regid={0} --clear-groups '
        'env -i USER=nobody HOME={1} {2} -c {1}/conf 2>{1}/log'.format(
            NOBODY, place, DOVECOT))


def lived_in(m):
    """Flags, keywords, gaps between the UIDs, subscriptions."""
    for folder in FOLDERS:
        m.create(folder)
        for n in range(12):
            m.append(folder, '(\\Seen kw%d)' % (n % 4) if n % 2 else
                     '(\\Flagged $Label1)', '"%02d-Jan-2020 10:00:00 +0000"' %
                     (n + 1), b'Subject: %d\r\n\r\nbody %d\r\n' % (n, n))
        m.select(folder)
        m.store('3,5', '+FLAGS', '\\Deleted')
        m.expunge()
    for folder in 'INBOX', 'Work.Sub':
        m.subscribe(folder)


def seen(m):
    """What a client knows of it."""
    known = {}
    for folder in FOLDERS:
        assert m.select(folder, True)[0] == 'OK', folder
        known[folder] = [m.response(x)[1] for x in ('UIDVALIDITY', 'UIDNEXT')]
        for line in m.fetch('1:*', '(UID FLAGS INTERNALDATE)')[1]:
            uid, = re.findall(rb'UID (\d+)', line)
            flags, = re.findall(rb'FLAGS \((.*?)\)', line)
            date, = re.findall(rb'INTERNALDATE "[ 0]?(.*?)"', line)
            known[folder].append((uid, set(flags.split()) - {b'\\Recent'},
                                  date))
    subscribed = {line.split()[-1] for line in m.lsub()[1]}
    return known, subscribed


def dovecots_maildir():
    if not os.path.exists(DOVECOT):
        raise Skip('no dovecot-imapd')
    if os.geteuid() != 0:
        raise Skip('needs root')
    owner = os.stat(c.alice.path)
    with tempfile.TemporaryDirectory(dir='/var/tmp') as place:
        os.chown(place, NOBODY, NOBODY)
        with open(place + '/conf', 'w') as f:
            f.write('protocols = imap\nssl = no\nmail_location = '
                    'maildir:{0}/Maildir\n'
                    'base_dir = {0}\nstate_dir = {0}\n'
                    'namespace inbox {{\n inbox = yes\n}}\n'.format(place))
        m = dovecot(place)
        lived_in(m)
        theirs, wanted = seen(m)
        m.shutdown()
        shutil.rmtree(c.alice.path)
        run('cp', '-a', place + '/Maildir', c.alice.path)
        run('chown', '-R', '%d:%d' % (owner.st_uid, owner.st_gid),
            c.alice.path)

    host, port = c.ready['imap'].rsplit(':', 1)
    with imaplib.IMAP4(host, int(port), 60) as m:
        m.login(c.ready['user1'], c.ready['password1'])
        ours, subscribed = seen(m)
    assert ours == theirs, (ours, theirs)
    assert wanted <= subscribed, (wanted, subscribed)

    host, port = c.ready['pop3'].rsplit(':', 1)
    p = poplib.POP3(host, int(port), 60)
    p.user(c.ready['user1'])
    p.pass_(c.ready['password1'])
    validity = int(theirs['INBOX'][0][0])
    assert [line.split()[1] for line in p.uidl()[1]] == [
        b'%08x%08x' % (int(uid), validity) for uid, _, _ in
        theirs['INBOX'][2:]], p.uidl()
    p.quit()


tell([dovecots_maildir])
