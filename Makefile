# correo: POSIX make (GNU make and bmake); no configure.  INSTALL explains.
.POSIX:
.SUFFIXES:
.SUFFIXES: .c .o

CC = cc
PREFIX = /usr/local
SYSCONFDIR = /etc/correo
STATEDIR = /var/lib/correo
EMPTYDIR = /var/empty/correo
DESTDIR =
SBINDIR = $(PREFIX)/sbin
LIBEXECDIR = $(PREFIX)/libexec/correo
MANDIR = $(PREFIX)/share/man
DOCDIR = $(PREFIX)/share/doc/correo

PKG_CFLAGS != pkg-config --cflags libbsd-overlay
WARN = -Wall -Wextra -Wconversion -Wformat=2 -Wmissing-prototypes \
	-Wstrict-prototypes -Wwrite-strings -Wundef -Wvla -Werror
HARDEN = -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE \
	-fcf-protection -ftrivial-auto-var-init=zero
OPT = -O2 -g
CFLAGS = $(OPT) $(HARDEN)
LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack
DEFS = -D_GNU_SOURCE -DCORREO_SYSCONFDIR='"$(SYSCONFDIR)"' \
	-DCORREO_STATEDIR='"$(STATEDIR)"' -DCORREO_EMPTYDIR='"$(EMPTYDIR)"' \
	-DCORREO_LIBEXECDIR='"$(LIBEXECDIR)"'
ALL_CFLAGS = -std=c11 $(WARN) -MMD -iquote lib -iquote . $(DEFS) $(PKG_CFLAGS) $(CFLAGS)

.c.o:
	$(CC) $(ALL_CFLAGS) -c -o $@ $<
