"""Who guesses passwords learns nothing, holds nobody up, and is seen."""
import re
import tempfile
import threading
import time

from correo import TOP, need, run, tell, the_instance, wait
from mailer import Mailer, hello

c = the_instance()
USER, PASSWORD = c.ready['user1'], c.ready['password1']


def as_much_work_for_each_wrong_answer():
    """CPU of the hash workers.  Each try comes from a network of its own, so
    none waits.  One hash is cheaper: that is not to be seen by the clock."""
    locked, foreign = 'locked@example.test', 'foreign@example.test'
    cheap = 'cheap@example.test'
    path = c.dir + '/etc/secrets/passwords'
    for user, line in ((locked, ''), (foreign, foreign + ':$0$none$here$\n'),
                       (cheap, cheap + ':' + run('openssl', 'passwd', '-1',
                                                 'right').stdout.decode())):
        c.correo('user', 'add', user, '--generate')
        with open(path) as f:
            text = f.read()
        with open(path, 'w') as f:
            f.write(re.sub('(?m)^%s:.*\n' % re.escape(user), '', text) + line)
    c.change('tables')
    names = ['nobody@example.test', locked, foreign, USER]
    cost = {name: [] for name in names}
    for n in range(7):
        for i, name in enumerate(names):
            s = Mailer(c, source='127.%d.%d.1' % (40 + i, n))
            before = worked()
            quarter_of_a_second(s, name)
            cost[name].append(worked() - before)
            s.close()
    s = Mailer(c, source='127.45.0.1')
    quarter_of_a_second(s, cheap)
    s.plain(cheap, 'right')
    s.close()
    ms = [sorted(cost[name])[3] / 1e6 for name in names]
    print('the hash of a wrong password: %.1f ms for nobody, %.1f without a '
          'hash, %.1f with one of no method here, %.1f for a user' % tuple(ms))
    assert max(ms) < 2 * min(ms), cost
    c.wait_log('event=passwords', 'level=warn', 'hash of ' + foreign)
    for user in (locked, foreign, cheap):
        c.correo('user', 'remove', user)


def quarter_of_a_second(s, name):
    began = time.monotonic()
    s.plain(name, 'wrong', 535)
    assert time.monotonic() - began > 0.24, name


def worked():
    """Nanoseconds that the hash workers have run, when all are asleep."""
    workers = [p for p in c.pids() if field(p, 'comm') == 'worker\n']
    assert workers
    wait('idle workers', lambda: all(
        field(p, 'stat').rsplit(')', 1)[1].split()[0] == 'S'
        for p in workers))
    return sum(int(field(p, 'schedstat').split()[0]) for p in workers)


def field(pid, name):
    try:
        with open('/proc/%s/%s' % (pid, name)) as f:
            return f.read()
    except OSError:                 # it has ended
        return ''


def two_thousand_wrong_logins():
    """From 50 addresses; a real user goes on sending meanwhile."""
    start = len(c.log())
    stop = threading.Event()
    sent, slowest, wrong = [0], [0.0], []

    def guess(i):
        source = '127.0.1.%d' % (i + 1)
        for k in range(1000):
            try:
                s = Mailer(c, source=source, timeout=90)
                for j in range(10):
                    if len(wrong) >= 2000 or stop.is_set():
                        return
                    code, _ = s.plain('%s@example.test' % (
                        'alice' if j % 2 else 'u%d' % k),
                        'guess %d %d %d' % (i, k, j), None)
                    wrong.append(code)
                s.close()
            except (EOFError, OSError):
                pass
    threads = [threading.Thread(target=guess, args=(i,)) for i in range(50)]
    for t in threads:
        t.start()
    end = time.monotonic() + 300
    while time.monotonic() < end and any(t.is_alive() for t in threads):
        began = time.monotonic()
        s = Mailer(c)
        s.plain(USER, PASSWORD)
        s.message(USER, ['bob@example.test'], hello(USER, 'meanwhile'))
        s.close()
        sent[0] += 1
        slowest[0] = max(slowest[0], time.monotonic() - began)
        time.sleep(0.2)
    stop.set()
    for t in threads:
        t.join(120)
    assert 235 not in wrong, 'a guess was right'
    assert len(wrong) >= 2000, len(wrong)
    assert sent[0] >= 10 and slowest[0] < 60, (sent, slowest)
    lines = [x for x in c.log()[start:].splitlines()
             if 'event=login' in x and 'result=fail' in x]
    assert all(re.search(r' user=\S+ client=127\.0\.1\.\d+ proto=smtp '
                         r'mech=PLAIN result=fail secret=[0-9a-f]{4}', x)
               for x in lines), lines[:3]
    print('%d guesses answered (%d wrong, %d later), meanwhile %d messages, '
          'the slowest in %.2f s' % (len(wrong), wrong.count(535),
                                     wrong.count(454), sent[0], slowest[0]))


def nobody_else_is_accused():
    """The filter for fail2ban names who failed, behind whatever a supervisor
    writes before a line; and nobody whom a client made up."""
    with open(TOP + '/etc/fail2ban/filter-correo.conf') as f:
        rule = re.search('(?m)^failregex = (.*)', f.read()).group(1)
    rule = re.compile(rule.replace('<ADDR>', '(?P<who>[0-9a-f.:]+)'))
    start = len(c.log())
    forged = ('x auth: event=login user=b client=192.0.2.9 proto=smtp mech=A '
              'result=fail ')
    s = Mailer(c, source='127.46.0.1')
    s.plain(forged, 'wrong', 535)
    s.plain('nobody@example.test', 'wrong', 535)
    s.close()
    lines = [c.wait_log('auth: ', word, 'client=127.46.0.1', start=start)
             for word in ('192.0.2.9', 'user=nobody@')]
    for before in ('', 'Nov 22 11:50:39 mx correo[407]: ',
                   '2026-11-22_11:50:39.12345 ', '@4000000067406bd71fcd8d2c '):
        for x in lines:
            assert rule.search(before + x).group('who') == '127.46.0.1', x
    assert not rule.search('smtpd: event=closed client=127.0.0.1 helo="%s"' %
                           forged)


def fail2ban_reads_the_log():
    need('fail2ban-regex')
    before = failures()
    r = run('fail2ban-regex', c.ready['log'],
            TOP + '/etc/fail2ban/filter-correo.conf')
    found = re.search(rb'(\d+) matched', r.stdout)
    assert found and int(found.group(1)) > 0, r.stdout.decode()
    after = failures()
    assert before <= int(found.group(1)) <= after, (before, found.group(1),
                                                    after)


def fail2ban_knows_when():
    """The log script for runit writes a time that fail2ban can read: a line
    without one is none that it counts at its start."""
    need('fail2ban-regex')
    need('svlogd')
    line = ('auth: event=login user=b client=192.0.2.9 proto=smtp mech=PLAIN '
            'result=fail secret=89ab\n')
    with tempfile.TemporaryDirectory() as d:
        run('sh', TOP + '/etc/runit/smtpd/log/run', cwd=d, input=line.encode())
        r = run('fail2ban-regex', d + '/main/current',
                TOP + '/etc/fail2ban/filter-correo.conf')
    assert re.search(rb'\[1\] \{\^LN-BEG\}', r.stdout), r.stdout.decode()


def failures():
    return len([x for x in c.log().splitlines() if x.startswith('auth: ')
                and re.search(' result=fail( |$)', x)])


tell([as_much_work_for_each_wrong_answer, two_thousand_wrong_logins,
      nobody_else_is_accused, fail2ban_reads_the_log,
      fail2ban_knows_when])
