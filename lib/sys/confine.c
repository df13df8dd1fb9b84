/*
 * confine - a process gives up all that its role does not need.
 *
 * Linux: chroot or Landlock, ids, no_new_privs, limits, seccomp.  The filter
 * names what is refused, not what is allowed, so that it survives a new libc;
 * what is refused kills the process (SIGSYS), and its zygote is replaced.  A
 * test build leaves a layer out when CORREO_TEST_UNCONFINE names it, so that
 * the tests can show that each layer stands by itself.
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys/confine.h"
#include "sys/landlock.h"
#include "sys/log.h"

/* The sanitizers' own memory is terabytes: the one limit they cannot have. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static int  wanted(const char *);
static void paths(const struct confine *, struct buf *);
static void limits(const struct confine *);
static void filter(unsigned, struct buf *);

void
confine(const struct confine *c, struct buf *missing)
{
	prctl(PR_SET_NAME, c->name);
	umask(077);
	if (c->ids_only) {
		if (c->root)
			confine_ids(c->uid, c->gid);
		return;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		log_die(LOG_AGAIN, "no_new_privs");
	paths(c, missing);
	if (c->root && wanted("ids"))
		confine_ids(c->uid, c->gid);
	limits(c);
	/* after the ids: changing them clears both */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	prctl(PR_SET_DUMPABLE, 0);
	if (!c->filtered)
		filter(c->may, missing);
}

void
confine_filter(unsigned may, struct buf *missing)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		log_die(LOG_AGAIN, "no_new_privs");
	filter(may, missing);
}

void
confine_ids(uid_t uid, gid_t gid)
{
	uid_t ru, eu, su;
	gid_t rg, eg, sg;

	if (uid == 0) {
		errno = 0;
		log_die(LOG_FIX, "a process that should not be root would be");
	}
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ||
	    setresuid(uid, uid, uid) < 0)
		log_die(LOG_AGAIN, "change of ids to %u:%u", uid, gid);
	if (getresuid(&ru, &eu, &su) < 0 || getresgid(&rg, &eg, &sg) < 0 ||
	    ru != uid || eu != uid || su != uid || rg != gid || eg != gid ||
	    sg != gid || setresuid(0, 0, 0) == 0)
		log_die(LOG_FIX, "ids could be changed back");
	/* changing ids has cleared it */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
}

#ifdef CORREO_TEST
static int
wanted(const char *layer)
{
	const char *e = getenv("CORREO_TEST_UNCONFINE");

	return e == NULL || strstr(e, layer) == NULL;
}
#else
static int
wanted(const char *layer)
{
	(void)layer;
	return 1;
}
#endif

static void
paths(const struct confine *c, struct buf *missing)
{
	if (c->empty_dir && c->root && wanted("chroot") &&
	    (chroot(c->empty_dir) < 0 || chdir("/") < 0))
		log_die(LOG_FIX, "chroot to %s (made by etc/setup dirs, "
		    "root:root 0555)", c->empty_dir);
	if (!wanted("landlock"))
		return;
	if (landlock_confine(c->may & MAY_WRITE, c->dir, c->shared) < 0) {
		if (errno != EOPNOTSUPP)
			log_die(LOG_FIX, "Landlock");
		buf_adds(missing, " Landlock");
	}
}

static void
limits(const struct confine *c)
{
	struct {
		int what;
		rlim_t most;
	} l[] = {
		{ RLIMIT_CORE, 0 },
		{ RLIMIT_DATA, c->data_bytes ? c->data_bytes : 64 << 20 },
		{ RLIMIT_NOFILE, c->files ? c->files : 64 }
	};
	struct rlimit now;
	size_t i;

	for (i = 0; i < sizeof l / sizeof *l; i++) {
		if (SANITIZED && l[i].what == RLIMIT_DATA)
			continue;
		if (getrlimit((__rlimit_resource_t)l[i].what, &now) < 0)
			continue;
		/* a hard limit cannot be raised by all of us: less is right */
		if (now.rlim_max < l[i].most)
			l[i].most = now.rlim_max;
		now.rlim_cur = now.rlim_max = l[i].most;
		if (setrlimit((__rlimit_resource_t)l[i].what, &now) < 0)
			log_die(LOG_AGAIN, "limits");
	}
}

/* Never needed by any role: ways to look into, steer or become other
 * processes, to change the system, and kernel doors with a history. */
static const int refuse_always[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(kill), SCMP_SYS(tkill),
	SCMP_SYS(pidfd_send_signal), SCMP_SYS(rt_sigqueueinfo),
	SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev), SCMP_SYS(kcmp), SCMP_SYS(pidfd_getfd),
	SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root),
	SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(chroot), SCMP_SYS(bpf),
	SCMP_SYS(open_tree), SCMP_SYS(move_mount), SCMP_SYS(fsopen),
	SCMP_SYS(io_uring_setup), SCMP_SYS(perf_event_open),
	SCMP_SYS(userfaultfd), SCMP_SYS(keyctl), SCMP_SYS(add_key),
	SCMP_SYS(request_key), SCMP_SYS(init_module),
	SCMP_SYS(finit_module), SCMP_SYS(delete_module),
	SCMP_SYS(kexec_load), SCMP_SYS(reboot), SCMP_SYS(swapon),
	SCMP_SYS(swapoff), SCMP_SYS(acct), SCMP_SYS(personality),
	SCMP_SYS(settimeofday), SCMP_SYS(clock_settime),
	SCMP_SYS(sethostname), SCMP_SYS(quotactl), SCMP_SYS(mknod),
	SCMP_SYS(mknodat), SCMP_SYS(open_by_handle_at), SCMP_SYS(setpgid),
	SCMP_SYS(setsid), 0
};
static const int refuse_net[] = {
	SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(bind),
	SCMP_SYS(listen), 0
};
static const int refuse_read[] = {
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2), 0
};
static const int refuse_write[] = {
	SCMP_SYS(creat), SCMP_SYS(unlink), SCMP_SYS(unlinkat),
	SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
	SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(symlink),
	SCMP_SYS(symlinkat), SCMP_SYS(mkdir), SCMP_SYS(mkdirat),
	SCMP_SYS(rmdir), SCMP_SYS(chmod), SCMP_SYS(fchmod),
	SCMP_SYS(fchmodat), SCMP_SYS(chown), SCMP_SYS(fchown),
	SCMP_SYS(fchownat), SCMP_SYS(lchown), SCMP_SYS(truncate),
	SCMP_SYS(setxattr), SCMP_SYS(fsetxattr), 0
};

static int
refuse(scmp_filter_ctx f, const int *list)
{
	for (; *list; list++)
		if (seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, *list, 0) < 0)
			return -1;
	return 0;
}

static void
filter(unsigned may, struct buf *missing)
{
	scmp_filter_ctx f;
	int ok;

	if (!wanted("seccomp"))
		return;
	if ((f = seccomp_init(SCMP_ACT_ALLOW)) == NULL)
		log_die(LOG_AGAIN, "seccomp: no memory");
	/* a binary tree: the same few steps for every call */
	(void)seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	ok = refuse(f, refuse_always) == 0 &&
	    (may & MAY_NET || refuse(f, refuse_net) == 0) &&
	    (may & (MAY_READ | MAY_WRITE) || refuse(f, refuse_read) == 0) &&
	    (may & MAY_WRITE || refuse(f, refuse_write) == 0) &&
	    (may & MAY_FORK || seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS,
	    SCMP_SYS(fork), 0) == 0);
	if (!ok || seccomp_load(f) < 0)
		buf_adds(missing, " seccomp");
	seccomp_release(f);
}
