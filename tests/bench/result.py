"""What was measured, row by row, and the table of it."""
import statistics
import sys

ROWS = {}


class Row:
    def __init__(self, unit, floor):
        self.unit, self.floor, self.found = unit, floor, {}


def note(row, unit, floor, peer, value):
    """One value of a row.  The floor: 'x1.4' at least 1.4 times the peer,
    'x0.5 or less' the other way, '64 or less' and '0.9 or more' absolute,
    '' none.
    """
    ROWS.setdefault(row, Row(unit, floor)).found.setdefault(
        peer.name, []).append(value)
    print('%s: %s %.4g %s' % (row, peer.name, value, unit),
          file=sys.stderr)


def stands(floor, theirs, ours):
    """Is the floor reached?"""
    words = floor.split()
    if words[0].startswith('x'):
        if theirs is None:
            return None
        bound = float(words[0][1:]) * theirs
    else:
        bound = float(words[0])
    return ours <= bound if words[-1] == 'less' else ours >= bound


def median(row, name):
    return statistics.median(row.found[name]) if name in row.found else None


def number(v):
    return '-' if v is None else '%.0f' % v if v >= 1000 else '%.3g' % v


def table(head):
    print('\n' + head + '\n\n'
          '| row | peer | its figure | correo | ratio | floor | |\n'
          '|---|---|---|---|---|---|---|')
    for name, row in ROWS.items():
        peer = next((n for n in row.found if n != 'correo'), None)
        theirs, ours = median(row, peer), median(row, 'correo')
        good = row.floor and ours is not None and \
            stands(row.floor, theirs, ours)
        print('| %s, %s | %s | %s | %s | %s | %s | %s |' % (
            name, row.unit, peer or '-', number(theirs), number(ours),
            '%.2f' % (ours / theirs) if theirs and ours else '-',
            row.floor or '-', 'below' if good is False else ''))
