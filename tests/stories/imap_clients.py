"""Programs that people read their mail with by IMAP: they synchronise, move,
flag, delete and wait."""
import os
import shutil
import subprocess
import threading

from correo import Skip, run, tell, wait
from imap_user import Place, address, begin, c, client, empty, fill, login, \
    mail, ok, subjects, user


@c.nothing_refused()
def curl():
    empty()
    fill(3)
    url = 'imap://%s:%d' % address('imap')
    who = '%s:%s' % user(1)
    out = client('curl', '-sS', '-u', who, url + '/INBOX;MAILINDEX=2').stdout
    assert b'Subject: mail 2' in out
    out = run('curl', '-sS', '-u', who, url + '/INBOX', '-X',
              'SEARCH SUBJECT "mail 3"').stdout
    assert out == b'* SEARCH 3\r\n', out
    with Place() as p:
        path = p.file('m', mail(4).decode())
        run('curl', '-sS', '-u', who, '--ssl-reqd', '--cacert',
            c.ready['cafile'], url + '/INBOX', '-T', path)
    assert subjects() == [1, 2, 3, 4]


@c.nothing_refused()
def mbsync_both_ways():
    empty()
    fill(5)
    with Place() as p:
        rc = p.file('rc', '''IMAPAccount a
Host %s
Port %d
User %s
Pass %s
SSLType None

IMAPStore far
Account a

MaildirStore near
Path %s/m/
Inbox %s/m/INBOX
SubFolders Verbatim

Channel c
Far :far:
Near :near:
Patterns *
Create Both
Remove Both
Expunge Both
SyncState *
''' % (*address('imap'), *user(1), p.dir, p.dir))
        os.mkdir(p.dir + '/m')
        sync = ('mbsync', '-c', rc, '-a')
        client(*sync)
        cur = p.dir + '/m/INBOX/cur'
        new = p.dir + '/m/INBOX/new'
        assert len(os.listdir(cur)) + len(os.listdir(new)) == 5
        # here: one flagged, one deleted, one added; there: one seen
        names = sorted(os.listdir(new))
        os.rename(new + '/' + names[0], cur + '/' + names[0] + ':2,F')
        with open(p.dir + '/m/INBOX/new/1.2.x', 'wb') as f:
            f.write(mail(6).replace(b'\r\n', b'\n'))
        m = login()
        ok(m.select())
        ok(m.store('5', '+FLAGS', '\\Seen'))
        ok(m.create('Lists.here'))
        ok(m.append('Lists.here', None, None, mail(9)))
        m.logout()
        run(*sync)
        assert sorted(subjects()) == [1, 2, 3, 4, 5, 6]
        assert subjects(keys='FLAGGED') != []
        assert os.listdir(p.dir + '/m/Lists/here/new') != []
        gone = [n for n in os.listdir(cur) if n.endswith(':2,F')]
        os.unlink(cur + '/' + gone[0])
        run(*sync)
        assert len(subjects()) == 5 and subjects(keys='FLAGGED') == []
        before = sorted(os.listdir(cur) + os.listdir(new))
        run(*sync)
        assert before == sorted(os.listdir(cur) + os.listdir(new))


@c.nothing_refused()
def offlineimap_both_ways():
    empty()
    fill(4)
    with Place() as p:
        rc = p.file('rc', '''[general]
accounts = a
metadata = %s/meta
ui = basic
[Account a]
localrepository = near
remoterepository = far
[Repository near]
type = Maildir
localfolders = %s/m
[Repository far]
type = IMAP
remotehost = %s
remoteport = %d
remoteuser = %s
remotepass = %s
ssl = no
starttls = no
''' % (p.dir, p.dir, *address('imap'), *user(1)))
        sync = ('offlineimap', '-c', rc, '-o')
        client(*sync)
        box = p.dir + '/m/INBOX'
        assert len(os.listdir(box + '/new')) == 4
        name = sorted(os.listdir(box + '/new'))[0]
        os.rename(box + '/new/' + name, box + '/cur/' + name + ':2,S'
                  if ':2,' not in name else box + '/cur/' +
                  name.replace(':2,', ':2,S'))
        fill(1, first=5)
        run(*sync)
        assert len(subjects(keys='SEEN')) == 1
        assert len(os.listdir(box + '/new') + os.listdir(box + '/cur')) == 5
        # here: one deleted, one added; there: one deleted, one moved
        os.unlink(box + '/new/' + sorted(os.listdir(box + '/new'))[0])
        run(*sync)
        left = subjects()
        assert len(left) == 4, left
        with open(box + '/new/1.2.x', 'wb') as f:
            f.write(mail(6).replace(b'\r\n', b'\n'))
        m = login()
        ok(m.select())
        for command in ('COPY', 'STORE'):
            ok(m.uid(command, ok(m.uid('SEARCH', 'ALL'))[0].split()[-1],
                     *(['Archive'] if command == 'COPY' else
                       ['+FLAGS', '\\Deleted'])))
        ok(m.expunge())
        m.logout()
        run(*sync)
        assert sorted(subjects()) == left[:-1] + [6]
        there = p.dir + '/m/Archive'
        assert len(os.listdir(there + '/new') + os.listdir(there + '/cur')) \
            == 1
        before = sorted(os.listdir(box + '/new') + os.listdir(box + '/cur'))
        assert len(before) == 4, before
        run(*sync)
        assert before == sorted(os.listdir(box + '/new') +
                                os.listdir(box + '/cur'))


@c.nothing_refused()
def interimap_from_one_account_to_another():
    """QRESYNC and COMPRESS at both ends, and up to 128 messages with one
    APPEND."""
    empty(1)
    empty(2)
    fill(130)
    with Place() as p:
        rc = p.file('rc', 'database = %s/db\nlist-mailbox = INBOX Archive\n' %
                    p.dir + ''.join('''[%s]
type = imap
host = %s
port = %d
username = %s
password = %s
STARTTLS = YES
compress = YES
SSL_CAfile = %s
''' % (place, *address('imap'), *user(n), c.ready['cafile'])
                    for n, place in ((1, 'local'), (2, 'remote'))))
        sync = ('interimap', '--config=' + rc)
        env = dict(os.environ, HOME=p.dir, XDG_DATA_HOME=p.dir)
        client(*sync, env=env)
        assert subjects(2) == list(range(1, 131))
        a, b = login(1), login(2)
        ok(a.select())
        ok(a.store('1:3', '+FLAGS', '\\Deleted'))
        ok(a.expunge())
        ok(b.select())
        ok(b.store('10', '+FLAGS', '(\\Flagged $Forwarded)'))
        ok(b.copy('20:29', 'Archive'))
        a.logout()
        b.logout()
        run(*sync, env=env)
        for n in (1, 2):
            assert subjects(n) == list(range(4, 131))
            assert subjects(n, keys='FLAGGED KEYWORD $Forwarded') == [10]
            assert subjects(n, 'Archive') == list(range(20, 30))


@c.nothing_refused()
def mutt_reads_and_saves():
    for program in ('mutt', 'neomutt'):
        empty()
        fill(2)
        with Place() as p:
            rc = p.file('rc', '''set imap_user="%s" imap_pass="%s"
set folder="imap://%s:%d/" spoolfile="+INBOX" ssl_verify_host=no
set ssl_ca_certificates_file="%s"
set header_cache="%s/cache" copy=no confirmappend=no delete=yes quit=yes
''' % (*user(1), *address('imap'), c.ready['cafile'], p.dir))
            keys = ('push "<flag-message><next-entry><save-message>'
                    '<kill-line>=Archive<enter><sync-mailbox><quit>"')
            env = dict(os.environ, TERM='xterm', HOME=p.dir)
            if shutil.which(program) is None:
                raise Skip('no ' + program)
            client('script', '-qefc', '%s -F %s -e \'%s\'' % (
                program, rc, keys), '/dev/null', env=env,
                stdin=subprocess.DEVNULL, ok=False, timeout=60)
        assert subjects(keys='FLAGGED') == [1], program
        assert subjects(folder='Archive') == [2], program


@c.nothing_refused()
def s_nail_flags_copies_and_deletes():
    empty()
    fill(4)
    name, password = user(1)
    where = 'imaps://%s@localhost:%d/' % (name.replace('@', '%40'),
                                          address('imaps')[1])
    host = 'localhost:%d' % address('imaps')[1]
    script = ('flag 2\ncopy 2 %sArchive\ndelete 1\nprint "(subject \\"mail 3'
              '\\")"\nquit\n' % where)
    with Place() as p:
        out = client('s-nail', '-n', '-S', 'v15-compat', '-S', 'tls-ca-file=' +
                     c.ready['cafile'], '-S', 'tls-ca-no-defaults', '-S',
                     'tls-verify=strict', '-S', 'user-%s=%s' % (host, name),
                     '-S', 'password-%s=%s' % (host, password), '-f',
                     where + 'INBOX', input=script.encode(),
                     env=dict(os.environ, HOME=p.dir, MAILRC='/dev/null'))
    assert b'Hello 3.' in out.stdout and b'Hello 4.' not in out.stdout, out
    assert subjects() == [2, 3, 4] and subjects(folder='Archive') == [2]
    assert subjects(keys='FLAGGED') == [2]
    assert subjects(keys='UNSEEN') == [4]       # what it copies it has read


@c.nothing_refused()
def imapfilter_moves_and_flags():
    empty()
    fill(5)
    with Place() as p:
        lua = p.file('x.lua', '''options.starttls = false
a = IMAP { server = '%s', port = %d, username = '%s', password = '%s' }
r = a.INBOX:contain_subject('mail 2') + a.INBOX:contain_subject('mail 4')
r:move_messages(a.Archive)
a.INBOX:is_unseen():mark_flagged()
a.INBOX:contain_subject('mail 5'):delete_messages()
io.open('%s/idles', 'w'):close()
a.INBOX:enter_idle()
a.INBOX:contain_subject('mail 6'):mark_seen()
''' % (*address('imap'), *user(1), p.dir))
        arrives = threading.Thread(target=lambda: (
            wait('imapfilter', lambda: os.path.exists(p.dir + '/idles')),
            fill(1, first=6)))
        if shutil.which('imapfilter'):
            arrives.start()
        client('imapfilter', '-c', lua, env=dict(os.environ, HOME=p.dir))
        arrives.join()
    assert subjects() == [1, 3, 6] and subjects(folder='Archive') == [2, 4]
    assert subjects(keys='FLAGGED') == [1, 3]
    assert subjects(keys='SEEN') == [6]


@c.nothing_refused()
def fetchmail_by_IMAP():
    empty()
    fill(3)
    with Place() as p:
        rc = p.file('rc', 'poll %s protocol imap port %d user "%s" password '
                    '"%s" sslproto "" keep mda "cat >>%s/out"\n' % (
                        *address('imap'), *user(1), p.dir))
        env = dict(os.environ, HOME=p.dir, FETCHMAILHOME=p.dir)
        client('fetchmail', '-f', rc, '--pidfile', p.dir + '/pid', env=env)
        assert open(p.dir + '/out').read().count('Subject: mail') == 3
    assert len(subjects(keys='SEEN')) == 3


def perl(module, script):
    if run('perl', '-M' + module, '-e', '1', ok=False).returncode:
        raise Skip('no ' + module)
    name, password = user(1)
    host, port = address('imap')
    out = run('perl', '-M' + module, '-e', script, name, password, host, port)
    assert out.stdout == b'ok\n', out


@c.nothing_refused()
def Mail_IMAPClient():
    empty()
    fill(3)
    perl('Mail::IMAPClient', r'''
my ($u, $p, $h, $n) = @ARGV;
my $m = Mail::IMAPClient->new(Server => $h, Port => $n, User => $u,
    Password => $p, Uid => 1) or die $@;
$m->select("INBOX") or die;
my @s = $m->search(SUBJECT => "mail 2") or die $@;
my $e = $m->get_envelope($s[0]) or die $@;
die unless $e->subject eq "mail 2";
my $b = $m->get_bodystructure($s[0]) or die;
die unless $b->bodytype =~ /^text$/i;
$m->move("Archive", $s[0]) or die;
$m->expunge; die unless $m->message_count("INBOX") == 2;
$m->set_flag("Forwarded", ($m->messages)[0]) or die;
my $h2 = $m->fetch_hash("FLAGS", "RFC822.SIZE"); die unless keys %$h2 == 2;
my $o = Mail::IMAPClient->new(Server => $h, Port => $n, User => $u,
    Password => $p) or die $@;
my $t = $m->idle or die $@;
$o->append("INBOX", "Subject: mail 4\r\n\r\nx\r\n") or die $@;
my $d = $m->idle_data(30) or die $@;
die "@$d" unless grep /\* 3 EXISTS/, @$d;
$m->done($t) or die $@;
$o->logout;
$m->logout; print "ok\n";
''')


@c.nothing_refused()
def Mail_IMAPTalk():
    empty()
    fill(3)
    perl('Mail::IMAPTalk', r'''
my ($u, $p, $h, $n) = @ARGV;
my $m = Mail::IMAPTalk->new(Server => "$h:$n", Username => $u,
    Password => $p, Uid => 1, Separator => ".")
    or die $@;
$m->select("INBOX") or die $@;
my $f = $m->fetch("1:*", "(flags envelope bodystructure)") or die $@;
die unless keys %$f == 3;
my @u = sort { $a <=> $b } keys %$f;
die unless $f->{$u[0]}{envelope}{Subject} eq "mail 1";
$m->store($u[0], "+flags", "(\\Answered)") or die $@;
my $s = $m->search("answered") or die $@; die unless "@$s" eq $u[0];
$m->copy("$u[1]:$u[2]", "Archive") or die $@;
my $st = $m->status("Archive", "(messages unseen)") or die $@;
die unless $st->{messages} == 2;
$m->logout; print "ok\n";
''')


begin()
tell([
    curl, mbsync_both_ways, offlineimap_both_ways,
    interimap_from_one_account_to_another, mutt_reads_and_saves,
    s_nail_flags_copies_and_deletes, imapfilter_moves_and_flags,
    fetchmail_by_IMAP, Mail_IMAPClient, Mail_IMAPTalk,
])
