"""stand.py PLACE - starts correo and Dovecot, has the command STAND measure
them, and ends them: for a bench that none of us wrote.

run.sh calls it.  The command finds in SERVERS a file that says where they are,
and PLACE in its environment; STAND_USERS are those it logs in, with the
password bench-pass; that of NAME-h is kept as a costly hash.
"""
import json
import os
import subprocess
import sys

import peers as servers


def where(peer, index):
    mail = peer.reader('{user}')
    return {'imap': peer.imap, 'imaps': peer.imaps, 'pop3': peer.pop3,
            'uid': servers.READER_UID, 'mail': mail, 'cold_mail': mail,
            'pids': 'cat %s/cgroup.procs' % peer.group,
            'wipe': "find {maildir} -maxdepth 1 -name '%s*' -type f -delete"
                    % index}


def main():
    place = sys.argv[1]
    users = os.environ['STAND_USERS'].split()
    servers.READERS[:] = users
    for u in users:
        if u.endswith('-h'):
            servers.HASHES[u] = servers.CRYPT(
                servers.SECRET.encode(), b'$6$ar41sVFbDzvN6Rty').decode()
    correo, dovecot = both = [servers.Correo(place), servers.Dovecot(place)]
    os.environ['SERVERS'] = place + '/servers.json'
    os.environ['PLACE'] = place
    try:
        for p in both:
            p.start()
        servers.write(os.environ['SERVERS'], json.dumps({
            'dovecot': where(dovecot, 'dovecot'),
            'correo': where(correo, 'correo-')}))
        sys.exit(subprocess.call(['sh', '-c', os.environ['STAND']]))
    finally:
        for p in both:
            p.remove()


if __name__ == '__main__':
    main()
