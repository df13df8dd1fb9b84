"""Thunderbird without a screen, driven by Marionette: a TCP connection on
which LENGTH:JSON goes both ways, [0, id, command, parameters] and [1, id,
error, result]."""
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile

from correo import wait

# It asks nothing outside, does nothing by itself, and speaks of no accounts.
PREFERENCES = {
    'marionette.port': 0,               # any; MarionetteActivePort says which
    'network.proxy.type': 0,
    'network.connectivity-service.enabled': False,
    'network.captive-portal-service.enabled': False,
    'network.dns.disableIPv6': True,
    'app.update.enabled': False,
    'app.normandy.enabled': False,
    'extensions.update.enabled': False,
    'extensions.blocklist.enabled': False,
    'extensions.getAddons.cache.enabled': False,
    'services.settings.server': 'data:,#remote-settings-dummy/v1',
    'datareporting.policy.dataSubmissionEnabled': False,
    'toolkit.telemetry.enabled': False,
    'browser.safebrowsing.downloads.enabled': False,
    'mail.provider.enabled': False,
    'mail.rights.version': 1,
    'mail.spotlight.firstRunDone': True,
    'mail.winsearch.firstRunDone': True,
    'mail.shell.checkDefaultClient': False,
    'mailnews.start_page.enabled': False,
    'mailnews.auto_config.fetchFromISP.enabled': False,
    'mailnews.auto_config.fetchFromExchange.enabled': False,
    'mailnews.auto_config_url': '',
    'mailnews.mx_service_url': '',
    'mailnews.database.global.indexer.enabled': False,
    'calendar.timezone.local': 'UTC',
}


class Program:
    """A running one, with a fresh profile; script is a file of JavaScript
    that defines `act`, an object of functions."""

    def __init__(self, binary, script):
        self.script = open(script).read()
        self.place = tempfile.mkdtemp(dir='/var/tmp')
        profile = self.place + '/profile'
        os.mkdir(profile)
        with open(profile + '/user.js', 'w') as f:
            for name, value in PREFERENCES.items():
                f.write('user_pref("%s", %s);\n' % (name, json.dumps(value)))
        self.log = open(self.place + '/log', 'wb')
        self.child = subprocess.Popen(
            [binary, '--headless', '--marionette', '--no-remote',
             '--remote-allow-system-access', '-profile', profile],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            env={'HOME': self.place, 'PATH': os.environ['PATH'],
                 'TMPDIR': self.place, 'LANG': 'C.UTF-8', 'TZ': 'UTC'})
        self.id = 0
        try:
            self.connect(profile)
        except BaseException:
            self.end()
            raise

    def connect(self, profile):
        def port():
            assert self.child.poll() is None, self.what_it_said()
            try:
                return open(profile + '/MarionetteActivePort').read().strip()
            except FileNotFoundError:
                return None
        self.sock = socket.create_connection(
            ('127.0.0.1', int(wait('a port of Marionette', port, 120))), 180)
        self.file = self.sock.makefile('rb')
        assert self.answer()['marionetteProtocol'] == 3
        self.command('WebDriver:NewSession', {})
        self.command('WebDriver:SetTimeouts', {'script': 170000})
        self.command('Marionette:SetContext', {'value': 'chrome'})

    def what_it_said(self):
        text = open(self.place + '/log', errors='replace').read()
        return '\n'.join(x for x in text.splitlines()
                         if x and not re.search('Gtk|gtk', x))[-2000:]

    def answer(self):
        length = b''
        while not length.endswith(b':'):
            byte = self.file.read(1)
            assert byte, 'Thunderbird is gone: ' + self.what_it_said()
            length += byte
        return json.loads(self.file.read(int(length[:-1])))

    def command(self, name, parameters):
        self.id += 1
        text = json.dumps([0, self.id, name, parameters]).encode()
        self.sock.sendall(b'%d:%s' % (len(text), text))
        kind, number, error, result = self.answer()
        assert (kind, number) == (1, self.id), (kind, number)
        if error:
            raise AssertionError('%s: %s\n%s' % (
                name, error['message'], error.get('stacktrace', '')))
        return result.get('value') if isinstance(result, dict) else result

    def act(self, name, *args):
        """What act.NAME(...args) comes to, in the program's own context."""
        return self.command('WebDriver:ExecuteScript', {
            'script': self.script + '\nreturn act[arguments[0]]'
            '(...arguments[1]);', 'args': [name, args], 'sandbox': 'system',
            'newSandbox': False})

    def end(self):
        self.child.kill()
        self.child.wait()
        self.log.close()
        shutil.rmtree(self.place, ignore_errors=True)
