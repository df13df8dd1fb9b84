"""quickstart by an ordinary user: the same programs, one uid, and it says so.

The tree is copied, so that the user may write where it is built."""
import os
import shutil

from correo import Instance, Skip, TOP, another, message, run, same, tell, \
    the_instance

c = the_instance()
NOBODY = 65534


def not_needed(directory, names):
    """Of build/ only the programs: other tests work there, and make has new
    names for .depend."""
    return [n for n in names if n == '.git' or n.startswith('.depend') or
            (directory == TOP + '/build' and n != 'bin')]


def as_nobody():
    if os.geteuid() != 0:
        raise Skip('the other stories run as an ordinary user already')
    d, base = another('nobody')
    os.mkdir(d, 0o755)
    src = d + '/src'
    shutil.copytree(TOP, src, ignore=not_needed, symlinks=True)
    run('chown', '-R', '%d:%d' % (NOBODY, NOBODY), d)
    i = Instance(d + '/instance', base, src)
    setpriv = ['setpriv', '--reuid=%d' % NOBODY, '--regid=%d' % NOBODY,
               '--clear-groups', 'env', 'HOME=' + d]
    argv = setpriv + [src + '/quickstart', '-d', i.dir, '-p', str(base)]
    try:
        r = run(*argv, 'start', timeout=300)
        assert b'Not root' in r.stdout, r.stdout
        i.read()
        # what is not dumpable shows as root's: its status tells the truth
        uids = {line.split()[1] for p in i.pids()
                for line in open('/proc/%s/status' % p)
                if line.startswith('Uid:')}
        assert uids == {str(NOBODY)}, uids
        i.alice.clear()
        sent = message('as nobody')
        i.send(['alice@example.test'], sent)
        same(sent, i.alice.with_text(b'as nobody'))
        run(*setpriv, i.dir + '/sendmail', 'bob@example.test',
            input=b'Subject: dropped by nobody\n\nx\n')
        i.bob.with_text(b'dropped by nobody')
    finally:
        run(*argv, 'stop')


tell([as_nobody])
