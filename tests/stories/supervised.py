"""The run scripts of etc/runit, used for real: runsvdir starts the services,
mail flows, a killed service comes back, and all of it ends."""
import os
import shutil
import signal
import subprocess

from correo import (Skip, message, run, session, tell, the_instance, wait)

c = the_instance()
place = c.dir + '/run/service'


def under_runit():
    if not shutil.which('runsvdir'):
        raise Skip('no runit')
    c.quickstart('stop')
    shutil.rmtree(place, ignore_errors=True)
    os.mkdir(place)
    for name in ('smtpd', 'queued'):
        shutil.copytree(c.dir + '/share/doc/correo/examples/runit/' + name,
                        place + '/' + name)
        with open(place + '/%s/conf' % name, 'w') as f:
            f.write(c.ready['config'] + '\n')
    p = subprocess.Popen(['runsvdir', place], start_new_session=True,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        story()
    finally:
        for name in ('smtpd', 'queued'):
            run('sv', '-w', '20', 'force-shutdown', place + '/' + name,
                ok=False)
        p.send_signal(signal.SIGHUP)
        p.wait(20)
    wait('the end of all', lambda: not below(place), 20)
    c.quickstart('start')


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


def story():
    def answers():
        try:
            c.smtp().close()
            return True
        except OSError:
            return False
    wait('smtpd under runit', answers, 20)
    c.alice.clear()
    c.send(['alice@example.test'], message('supervised'))
    c.alice.with_text(b'supervised')
    log = place + '/smtpd/log/main/current'
    wait('its log', lambda: os.path.exists(log)
         and 'event=accepted' in open(log).read())
    pid = int(open(place + '/smtpd/supervise/pid').read())
    os.kill(pid, signal.SIGKILL)
    wait('another smtpd', lambda: open(place + '/smtpd/supervise/pid').read()
         .strip() not in ('', str(pid)))
    wait('smtpd again', answers, 20)
    c.send(['alice@example.test'], message('after its death'))
    c.alice.with_text(b'after its death')


tell([under_runit])
