"""The tree of names: root, test and s.test signed, u.test not, bogus.test
altered after it was signed, old.test with signatures that have expired;
nsd for all of them, unbound as our resolver and that of the hosts."""
import os
import subprocess
import time

from net import Host, spawn
from world import PLACE, sh, wait

D = PLACE + '/zones'
SOA = '@ 60 IN SOA ns.test. x.test. 1 3600 600 86400 60\n@ 60 IN NS ns.test.\n'
HOSTILE = ('ring', 'chain', 'silent', 'mute', 'many', 'own', 'short', 'cut',
           'noise', 'giant')
# domain of u.test: (its host, the mode of its policy, the host in that)
STS = {'kept': (30, 'enforce', 'mx.kept'), 'bad': (30, 'enforce', 'mx.other'),
       'past': (31, 'enforce', 'mx.past'), 'down': (32, 'enforce', 'mx.down'),
       'trial': (31, 'testing', 'mx.trial')}
WRONG = '00112233445566778899aabbccddeeff' * 2


def domain(name, n):
    """A domain, and its mail exchanger mx.NAME at host n."""
    mx = 'mx' if name == '@' else 'mx.' + name
    return '%s 60 IN MX 10 %s\n%s 60 IN A 10.77.0.%d\n' \
        '%s 60 IN AAAA fd77::%d\n' % (name, mx, mx, n, mx, n)


def tlsa(name, usage, digest):
    return '_25._tcp.mx.%s 60 IN TLSA %d 1 1 %s\n' % (name, usage, digest)


def signed(pins):
    """s.test; pins: the digests of the keys of certificates."""
    z = ''.join(domain(*d) for d in (
        ('postfix', 10), ('plain', 20), ('exim', 11), ('opensmtpd', 12),
        ('sink', 14), ('node', 30), ('dane', 30), ('ta', 30), ('wrong', 30),
        ('old', 31), ('oldee', 31), ('stripped', 32), ('name', 33),
        ('lame', 30), ('own', 1), ('closed', 66), ('greets', 34)))
    z += 'mx.dovecot 60 IN A 10.77.0.13\n'
    z += tlsa('postfix', 3, pins['mx']) + tlsa('dane', 3, pins['mx'])
    z += tlsa('ta', 2, pins['ca']) + tlsa('wrong', 3, WRONG)
    z += tlsa('old', 2, pins['ca']) + tlsa('oldee', 3, pins['old'])
    z += tlsa('stripped', 3, pins['mx']) + tlsa('name', 2, pins['ca'])
    # nobody answers for the TLSA records
    z += '_tcp.mx.lame 60 IN NS ns.lame\nns.lame 60 IN A 10.77.0.66\n' \
        '_tcp.mx.lame 60 IN DS 1 13 2 %s\n' % WRONG
    # RFC 7672 2.2.2: the records stand where the alias leads
    z += 'alias 60 IN MX 10 mx.alias\nmx.alias 60 IN CNAME mx.wrong\n' \
        'loose 60 IN MX 10 mx.loose\nmx.loose 60 IN CNAME mx.node\n' \
        'aliasta 60 IN MX 10 mx.aliasta\nmx.aliasta 60 IN CNAME mx.ta\n'
    return z + '''null 60 IN MX 0 .
us 60 IN MX 10 mx.example.test.
cname 60 IN CNAME sink
nohost 60 IN MX 10 nowhere
six 60 IN MX 10 mx.six
mx.six 60 IN AAAA fd77::14
four 60 IN MX 10 mx.four
mx.four 60 IN AAAA fd77::66
mx.four 60 IN A 10.77.0.14
second 60 IN MX 10 mx.closed
second 60 IN MX 20 mx.sink
implicit 60 IN A 10.77.0.14
'''


def unsigned():
    sts = ''.join(domain(name, n) + '''_mta-sts.{0} 60 IN TXT "v=STSv1; id=1;"
mta-sts.{0} 60 IN A 10.77.0.16
'''.format(name) for name, (n, *_) in STS.items())
    return sts + domain('sink', 14) + domain('dane', 30) + \
        tlsa('dane', 3, WRONG) + domain('dead', 66) + '''
mx.drain 60 IN A 10.77.0.15
*.drain 60 IN MX 10 mx.drain
*.gone.drain 60 IN MX 10 mx.dead
'''


def sign(name, text, until=None):
    """Writes NAME.signed; the DS records of its keys."""
    base = name.strip('.') or 'root'
    with open('%s/%s' % (D, base), 'w') as f:
        f.write('$ORIGIN %s\n%s%s' % (name, SOA, text))
    keys = [subprocess.run(['ldns-keygen', *flag, '-a', 'ECDSAP256SHA256',
                            name], cwd=D, check=True, stdout=subprocess.PIPE,
                           text=True).stdout.strip() for flag in (['-k'], [])]
    dates = ['-i', '20200101', '-e', until] if until else []
    subprocess.run(['ldns-signzone', '-n', *dates, '-o', name, '-f',
                    base + '.signed', base, keys[1], keys[0]], cwd=D,
                   check=True)
    return open('%s/%s.ds' % (D, keys[0])).read()


def tree(pins):
    os.makedirs(D)
    ds = sign('s.test.', signed(pins))
    ds += sign('bogus.test.', domain('@', 14))
    ds += sign('old.test.', domain('@', 14), '20200201')
    with open(D + '/u.test', 'w') as f:
        f.write('$ORIGIN u.test.\n' + SOA + unsigned())
    bogus = D + '/bogus.test.signed'
    text = open(bogus).read()
    open(bogus, 'w').write(text.replace('10 mx', '20 mx'))
    zones = ('s', 'u', 'bogus', 'old')
    ds = sign('test.', ''.join('%s 60 IN NS ns\n' % z for z in zones) + ds +
              'ns 60 IN A 10.77.0.53\n' + ''.join(
                  '%s.hostile 60 IN NS ns.%s.hostile\n'
                  'ns.%s.hostile 60 IN A 10.77.0.54\n' % (n, n, n)
                  for n in HOSTILE))
    anchor = sign('.', 'test. 60 IN NS ns.test.\nns.test. 60 IN A 10.77.0.53\n'
                  + ds)
    with open(D + '/anchor', 'w') as f:
        f.write(anchor)
    nsd([('.', 'root.signed'), ('test', 'test.signed'), ('u.test', 'u.test')] +
        [(z + '.test', z + '.test.signed') for z in ('s', 'bogus', 'old')])
    unbound()


def nsd(zones):
    with open(D + '/nsd.conf', 'w') as f:
        f.write('server:\n ip-address: 10.77.0.53\n username: ""\n'
                ' zonesdir: "{0}"\n pidfile: ""\n database: ""\n'
                ' xfrdfile: ""\n zonelistfile: "{0}/list"\n'
                'remote-control:\n control-enable: no\n'.format(D))
        for name, file in zones:
            f.write('zone:\n name: "%s"\n zonefile: "%s"\n' % (name, file))
    Host('names', 53).run('nsd', '-d', '-c', D + '/nsd.conf')


def unbound():
    with open(D + '/hints', 'w') as f:
        f.write('. 60 IN NS ns.test.\nns.test. 60 IN A 10.77.0.53\n')
    with open(D + '/unbound.conf', 'w') as f:
        f.write('''server:
 interface: 127.0.0.1
 interface: 10.77.0.1
 access-control: 0.0.0.0/0 allow
 do-daemonize: no
 username: ""
 chroot: ""
 directory: "{0}"
 pidfile: ""
 use-syslog: no
 logfile: "{0}/questions"
 log-queries: yes
 module-config: "validator iterator"
 trust-anchor-file: "{0}/anchor"
 root-hints: "{0}/hints"
 local-zone: "test." nodefault
 target-fetch-policy: "0 0 0 0 0"
 do-ip6: no
remote-control:
 control-enable: no
'''.format(D))
    spawn('unbound', 'unbound', '-d', '-c', D + '/unbound.conf')
    wait('the tree of names', lambda: 'status: NOERROR' in dig('s.test'))


def dig(name, kind='SOA'):
    """By drill, of ldnsutils."""
    return sh('drill', '-D', '@127.0.0.1', name, kind, ok=False).replace(
        'rcode:', 'status:')


def questions(after=0):
    """What was asked by this host since, and how many lines there are."""
    lines = open(D + '/questions', errors='replace').read().splitlines()
    return [l for l in lines[after:] if ' info: 127.0.0.1 ' in l], len(lines)
