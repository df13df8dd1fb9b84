"""The run scripts of etc/, used for real: each supervisor starts all services,
mail flows in and is read, a killed service comes back, one whose configuration
is wrong stays down, and all of it ends."""
import os
import poplib
import re
import shutil
import signal
import subprocess

from correo import (Skip, message, run, session, tell, the_instance, wait)

c = the_instance()
place = c.dir + '/run/service'
SERVICES = 'smtpd', 'queued', 'pop3d', 'imapd'


class Runit:
    program, scripts = 'runsvdir', 'runit'

    def pid(self, service):
        return open(service + '/supervise/pid').read().strip()

    def down(self, service):
        said = run('sv', 'status', service, ok=False).stdout.split(b';')[0]
        return said.startswith(b'down') and b'want up' not in said

    def stop(self, p):
        for name in SERVICES:
            run('sv', '-w', '20', 'force-shutdown', place + '/' + name,
                ok=False)
        p.send_signal(signal.SIGHUP)


class Daemontools:
    program, scripts = 'svscan', 'daemontools'

    def pid(self, service):
        m = re.search(rb'pid (\d+)', run('svstat', service).stdout)
        return m[1].decode() if m else ''

    # it has no finish: a service that cannot start is tried each second
    down = None

    def stop(self, p):
        p.terminate()
        p.wait(20)
        run('svc', '-dx', *[place + '/' + name + log for name in SERVICES
                            for log in ('', '/log')])


class S6:
    program, scripts = 's6-svscan', 's6'

    def pid(self, service):
        pid = run('s6-svstat', '-p', service).stdout.decode().strip()
        return '' if pid == '-1' else pid

    def down(self, service):
        said = run('s6-svstat', service).stdout
        return said.startswith(b'down') and b'want up' not in said

    def stop(self, p):
        run('s6-svscanctl', '-t', place)


def under(supervisor):
    if not shutil.which(supervisor.program):
        raise Skip('no ' + supervisor.program)
    c.quickstart('stop')
    shutil.rmtree(place, ignore_errors=True)
    os.mkdir(place)
    for name in SERVICES:
        shutil.copytree('%s/share/doc/correo/examples/%s/%s' % (
            c.dir, supervisor.scripts, name), place + '/' + name)
        configured(name, c.ready['config'])
    p = subprocess.Popen([supervisor.program, place], start_new_session=True,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        story(supervisor)
    finally:
        supervisor.stop(p)
        p.wait(20)
    wait('the end of all', lambda: not below(place), 30)
    c.quickstart('start')


def configured(name, path):
    with open('%s/%s/conf' % (place, name), 'w') as f:
        f.write(path + '\n')


def below(directory):
    """Processes that stand in the service directory."""
    found = []
    for pid in os.listdir('/proc'):
        if pid.isdigit() and session(pid):
            try:
                if os.readlink('/proc/%s/cwd' % pid).startswith(directory):
                    found.append(pid)
            except OSError:
                pass
    return found


def answers():
    try:
        c.smtp().close()
        return True
    except OSError:
        return False


def read_by_pop3(text):
    host, port = c.ready['pop3s'].rsplit(':', 1)
    p = poplib.POP3_SSL(host, int(port), timeout=60)
    p.user(c.ready['user1'])
    p.pass_(c.ready['password1'])
    assert text in b'\n'.join(p.retr(p.stat()[0])[1])
    p.quit()


def story(supervisor):
    smtpd = place + '/smtpd'
    wait('smtpd under ' + supervisor.program, answers, 30)
    c.alice.clear()
    c.send(['alice@example.test'], message('supervised'))
    c.alice.with_text(b'supervised')
    log = smtpd + '/log/main/current'
    wait('its log', lambda: os.path.exists(log)
         and 'event=accepted' in open(log).read())
    wait('pop3d and imapd', lambda: all(supervisor.pid(place + '/' + name)
                                        for name in SERVICES))
    read_by_pop3(b'supervised')
    pid = supervisor.pid(smtpd)
    os.kill(int(pid), signal.SIGKILL)
    wait('another smtpd', lambda: supervisor.pid(smtpd) not in ('', pid))
    wait('smtpd again', answers, 30)
    c.send(['alice@example.test'], message('after its death'))
    c.alice.with_text(b'after its death')
    if supervisor.down:
        configured('imapd', '/nonexistent')
        os.kill(int(supervisor.pid(place + '/imapd')), signal.SIGTERM)
        wait('imapd to stay down',
             lambda: supervisor.down(place + '/imapd'))


def under_runit():
    under(Runit())


def under_daemontools():
    under(Daemontools())


def under_s6():
    under(S6())


tell([under_runit, under_daemontools, under_s6])
