# correo: POSIX make (GNU make and bmake); no configure.  INSTALL explains.
.POSIX:
.SUFFIXES:
.SUFFIXES: .c .o
.PHONY: all lib objects unit fuzz check check-long bench install uninstall \
	clean dist

VERSION = 0.1
CC = cc
PREFIX = /usr/local
SYSCONFDIR = /etc/correo
STATEDIR = /var/lib/correo
EMPTYDIR = /var/empty/correo
DESTDIR =
BINDIR = $(PREFIX)/bin
SBINDIR = $(PREFIX)/sbin
LIBEXECDIR = $(PREFIX)/libexec/correo
MANDIR = $(PREFIX)/share/man
DOCDIR = $(PREFIX)/share/doc/correo

# The builder's, from the environment or the command line; ours come on top.
CFLAGS != echo "$${CFLAGS--O2 -g}"
CPPFLAGS != echo "$$CPPFLAGS"
LDFLAGS != echo "$$LDFLAGS"
# What this compiler does not know, or not beside those, is left out.
HARDEN != for f in -fstack-protector-strong -D_FORTIFY_SOURCE=2 \
	-fcf-protection -ftrivial-auto-var-init=zero; do \
	$(CC) -Werror $(CPPFLAGS) $(CFLAGS) $$f -include string.h \
	-x c -c -o /dev/null /dev/null 2>/dev/null && printf '%s ' $$f; done; \
	true
HARDEN_LINK = -Wl,-z,relro,-z,now,-z,noexecstack
PKG_CONFIG = pkg-config
PKG_CFLAGS != $(PKG_CONFIG) --cflags libbsd-overlay
PKG_LIBS != $(PKG_CONFIG) --libs libbsd-overlay libmd
WARN = -Wall -Wextra -Wconversion -Wformat=2 -Wmissing-prototypes \
	-Wstrict-prototypes -Wwrite-strings -Wundef -Wvla -Werror
DEFS = -D_GNU_SOURCE -DCORREO_VERSION='"$(VERSION)"' \
	-DCORREO_SYSCONFDIR='"$(SYSCONFDIR)"' \
	-DCORREO_STATEDIR='"$(STATEDIR)"' -DCORREO_EMPTYDIR='"$(EMPTYDIR)"' \
	-DCORREO_LIBEXECDIR='"$(LIBEXECDIR)"'
ALL_CFLAGS = -std=c11 -fPIE $(WARN) -MMD -MP -iquote lib -iquote . $(DEFS) \
	$(PKG_CFLAGS) $(HARDEN) $(CPPFLAGS) $(CFLAGS)
LINK_AS = $(CC) $(HARDEN) $(CFLAGS) $(HARDEN_LINK) $(LDFLAGS) -Wl,--as-needed
LINK = $(LINK_AS) -pie

# What is there: a program is built once its folder has a main.c.
NOT_TESTS = grep -v -e '_test\.c$$' -e '_fuzz\.c$$'
LIB_C != ls lib/*/*.c | $(NOT_TESTS)
SMTPD_C != ls smtpd/*.c 2>/dev/null | $(NOT_TESTS) || true
QUEUED_C != ls queued/*.c 2>/dev/null | $(NOT_TESTS) || true
REMOTED_C != ls remoted/*.c 2>/dev/null | $(NOT_TESTS) || true
LOCAL_C != ls localdeliver/*.c 2>/dev/null | $(NOT_TESTS) || true
POP3D_C != ls pop3d/*.c 2>/dev/null | $(NOT_TESTS) || true
IMAPD_C != ls imapd/*.c 2>/dev/null | $(NOT_TESTS) || true
TLS_C != ls tls/*.c 2>/dev/null | $(NOT_TESTS) || true
AUTH_C != ls auth/*.c 2>/dev/null | $(NOT_TESTS) || true
ADMIN_C != ls admin/*.c 2>/dev/null | $(NOT_TESTS) | \
	grep -v -e /main.c -e /sendmail.c || true
CHECKS_C != ls */*_test.c */*_fuzz.c */*/*_test.c */*/*_fuzz.c 2>/dev/null | \
	grep -v ^build || true
BIN != for p in smtpd queued remoted localdeliver pop3d imapd tls auth; do \
	test ! -f $$p/main.c || printf 'build/bin/%s ' $$p; done; \
	test ! -f admin/main.c || printf 'build/bin/correo '; \
	test ! -f admin/sendmail.c || printf 'build/bin/sendmail '
LIB = libcorreo.a
DATA_LIBS = -lcdb -lutf8proc
ARCHIVES != echo "-lcdb -lseccomp -lutf8proc \
	$$($(PKG_CONFIG) --static --libs libbsd-overlay libmd)"
# Where their archives are there these become part of the program: a process
# forked for a connection then has half the maps to copy and nothing to bind.
ROLE_LIBS != s='-Wl,-Bstatic $(ARCHIVES) -Wl,-Bdynamic'; \
	echo 'int main(void) { return 0; }' | $(CC) -x c -o /dev/null - $$s \
	2>/dev/null && echo "$$s" || echo -lcdb -lseccomp -lutf8proc $(PKG_LIBS)
# smtpd, which forks the most, has libc in it too: that is a third less for a
# fork and its end.  Not where such a program does not run (a sanitizer's).
SMTPD_LIBS != exec 2>/dev/null; s='-static-pie $(ARCHIVES)'; t=$$(mktemp) && \
	echo 'int main(void) { return 0; }' | \
	$(CC) $(CFLAGS) $(LDFLAGS) -x c -o $$t - $$s && $$t && \
	echo "$$s" || echo '-pie $(ROLE_LIBS)'; rm -f "$$t"

all: $(BIN)

objects: $(LIB) $(CHECKS_C:.c=.o) $(SMTPD_C:.c=.o) $(QUEUED_C:.c=.o) \
	$(REMOTED_C:.c=.o) $(LOCAL_C:.c=.o) $(POP3D_C:.c=.o) \
	$(IMAPD_C:.c=.o) $(TLS_C:.c=.o) $(AUTH_C:.c=.o) $(ADMIN_C:.c=.o)

lib: $(LIB)

$(LIB): $(LIB_C:.c=.o)
	rm -f $@
	$(AR) rcs $@ $(LIB_C:.c=.o)

# make Q= shows whole commands
Q = @
.c.o:
	@echo 'compile $<'
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

build/bin/smtpd: $(SMTPD_C:.c=.o) $(LIB)
	@mkdir -p build/bin
	@echo 'link $@'
	$(Q)$(LINK_AS) -o $@ $(SMTPD_C:.c=.o) $(LIB) $(SMTPD_LIBS)

build/bin/queued: $(QUEUED_C:.c=.o) $(LIB)
	@mkdir -p build/bin
	@echo 'link $@'
	$(Q)$(LINK) -o $@ $(QUEUED_C:.c=.o) $(LIB) $(ROLE_LIBS)

build/bin/remoted: $(REMOTED_C:.c=.o) $(LIB)
	@mkdir -p build/bin
	@echo 'link $@'
	$(Q)$(LINK) -o $@ $(REMOTED_C:.c=.o) $(LIB) -lcares -lssl -lcrypto \
		$(ROLE_LIBS)

build/bin/localdeliver: $(LOCAL_C:.c=.o) $(LIB)
	@mkdir -p build/bin
	@echo 'link $@'
	$(Q)$(LINK) -o $@ $(LOCAL_C:.c=.o) $(LIB) $(ROLE_LIBS)

build/bin/pop3d: $(POP3D_C:.c=.o) $(LIB)
	@mkdir -p build/bin
	@echo 'link $@'
	$(Q)$(LINK) -o $@ $(POP3D_C:.c=.o) $(LIB) $(ROLE_LIBS)

build/bin/imapd: $(IMAPD_C:.c=.o) $(LIB)
	@mkdir -p build/bin
	@echo 'link $@'
	$(Q)$(LINK) -o $@ $(IMAPD_C:.c=.o) $(LIB) -lz \
		$(ROLE_LIBS)

build/bin/tls: $(TLS_C:.c=.o) $(LIB)
	@mkdir -p build/bin
	@echo 'link $@'
	$(Q)$(LINK) -o $@ $(TLS_C:.c=.o) $(LIB) -lssl -lcrypto $(ROLE_LIBS)

build/bin/auth: $(AUTH_C:.c=.o) $(LIB)
	@mkdir -p build/bin
	@echo 'link $@'
	$(Q)$(LINK) -o $@ $(AUTH_C:.c=.o) $(LIB) -lcrypt $(ROLE_LIBS)

build/bin/correo: admin/main.o $(ADMIN_C:.c=.o) $(LIB)
	@mkdir -p build/bin
	@echo 'link $@'
	$(Q)$(LINK) -o $@ admin/main.o $(ADMIN_C:.c=.o) $(LIB) -lcrypt \
		-lcares $(DATA_LIBS) $(PKG_LIBS)

build/bin/sendmail: admin/sendmail.o $(ADMIN_C:.c=.o) $(LIB)
	@mkdir -p build/bin
	@echo 'link $@'
	@rm -f build/admin.a
	$(Q)$(AR) rcs build/admin.a $(ADMIN_C:.c=.o)
	$(Q)$(LINK) -o $@ admin/sendmail.o build/admin.a $(LIB) -lcrypt \
		$(DATA_LIBS) $(PKG_LIBS)

# Tests: tests/README.md
unit: objects
	@CC='$(CC)' LINK='$(LINK)' LIBS='$(PKG_LIBS)' sh tests/unit.sh

fuzz:
	sh tests/fuzz.sh

check:
	sh tests/check.sh

check-long:
	LONG=1 sh tests/check.sh

bench: all
	sh tests/bench/run.sh

# Pages and examples name the paths of this build.
PATHS = sed -e 's,/usr/local/sbin,$(SBINDIR),g' \
	-e 's,/usr/local/libexec/correo,$(LIBEXECDIR),g' \
	-e 's,/etc/correo,$(SYSCONFDIR),g' -e 's,/var/lib/correo,$(STATEDIR),g' \
	-e 's,/var/empty/correo,$(EMPTYDIR),g'

# As root it also gives sendmail its group, where the host has it already; not in
# a package, whose host is another.  Each program takes its place by a rename:
# while mail flows none of them is missing.
install: all
	umask 022 && mkdir -p $(DESTDIR)$(BINDIR) $(DESTDIR)$(SBINDIR) \
		$(DESTDIR)$(LIBEXECDIR) $(DESTDIR)$(DOCDIR)/examples \
		$(DESTDIR)$(MANDIR)/man5 $(DESTDIR)$(MANDIR)/man7 \
		$(DESTDIR)$(MANDIR)/man8
	for p in $(BIN); do case $$p in \
		*/localdeliver|*/remoted|*/tls|*/auth) d=$(LIBEXECDIR);; \
		*) d=$(SBINDIR);; esac; f=$(DESTDIR)$$d/$${p##*/}; \
		install -m 755 $$p $$f.new || exit 1; \
		case $$p in */sendmail) \
		if test -z '$(DESTDIR)' && \
		chgrp correo-drop $$f.new 2>/dev/null; then \
		chmod 2755 $$f.new || exit 1; else \
		echo "$$f: still to be made setgid correo-drop (INSTALL)"; \
		fi;; esac; \
		mv -f $$f.new $$f || exit 1; done
	ln -sf $(SBINDIR)/sendmail $(DESTDIR)$(BINDIR)/mailq
	ln -sf $(SBINDIR)/sendmail $(DESTDIR)$(BINDIR)/newaliases
	for m in man/*.[1-9]; do d=$(DESTDIR)$(MANDIR)/man$${m##*.}; \
		$(PATHS) $$m >$$d/$${m##*/} && \
		chmod 644 $$d/$${m##*/} || exit 1; done
	for l in mailq newaliases; do echo '.so man8/sendmail.8' \
		>$(DESTDIR)$(MANDIR)/man8/$$l.8 && \
		chmod 644 $(DESTDIR)$(MANDIR)/man8/$$l.8 || exit 1; done
	install -m 644 README.md INSTALL LICENSE $(DESTDIR)$(DOCDIR)
	cp -R etc/. $(DESTDIR)$(DOCDIR)/examples
	chmod -R u=rwX,go=rX $(DESTDIR)$(DOCDIR)/examples
	find $(DESTDIR)$(DOCDIR)/examples -type f -exec $(PATHS) -i {} +

uninstall:
	for p in smtpd queued pop3d imapd correo sendmail; do \
		rm -f $(DESTDIR)$(SBINDIR)/$$p; done
	rm -f $(DESTDIR)$(BINDIR)/mailq $(DESTDIR)$(BINDIR)/newaliases
	for m in man/*.[1-9]; do \
		rm -f $(DESTDIR)$(MANDIR)/man$${m##*.}/$${m##*/}; done
	rm -f $(DESTDIR)$(MANDIR)/man8/mailq.8 $(DESTDIR)$(MANDIR)/man8/newaliases.8
	for p in localdeliver remoted tls auth; do \
		rm -f $(DESTDIR)$(LIBEXECDIR)/$$p; done
	for p in README.md INSTALL LICENSE; do \
		rm -f $(DESTDIR)$(DOCDIR)/$$p; done
	rm -rf $(DESTDIR)$(DOCDIR)/examples
	-rmdir $(DESTDIR)$(LIBEXECDIR) $(DESTDIR)$(DOCDIR)

clean:
	rm -rf build libcorreo.a .depend
	find . -name .git -prune -o \( -name '*.o' -o -name '*.d' \) -type f \
		-exec rm -f {} +

dist:
	git archive --prefix=correo-$(VERSION)/ HEAD | \
		gzip -n9 >correo-$(VERSION).tar.gz

# One list of what each object read, made afresh whenever make starts.
DEPENDS != { find . -name build -prune -o -name '*.d' -type f \
	-exec cat {} + >.depend.$$$$ && mv .depend.$$$$ .depend; } \
	2>/dev/null; true
-include .depend
