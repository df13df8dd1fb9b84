/* clock - the one module that tells the time. */
#include <stdlib.h>

#include "base/scan.h"
#include "sys/clock.h"

static int64_t shift_s;

void
clock_init(void)
{
#ifdef CORREO_TEST
	const char *e = getenv("CORREO_TEST_CLOCK");
	uint64_t v;

	if (e && (*e == '+' || *e == '-') &&
	    scan_duration(span_of(e + 1), 400000000, &v) == 0)
		shift_s = *e == '+' ? (int64_t)v : -(int64_t)v;
#endif
}

int64_t
clock_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec + shift_s;
}

uint64_t
clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)((int64_t)t.tv_sec + shift_s) * 1000000000 +
	    (uint64_t)t.tv_nsec;
}

uint64_t
clock_mono_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int64_t
clock_mono_s(void)
{
	return (int64_t)(clock_mono_ms() / 1000);
}

int64_t
clock_started(void)
{
	struct timespec now, up;

	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &up);
	return (int64_t)(now.tv_sec - up.tv_sec);
}
