/*
 * clock - the one module that tells the time.
 *
 * A test build (-DCORREO_TEST) adds CORREO_TEST_CLOCK to the real time: "+1d",
 * "-1h" (units of scan_duration); a release build has no such door.
 */
#ifndef SYS_CLOCK_H
#define SYS_CLOCK_H

#include <stdint.h>
#include <time.h>

void	clock_init(void);	/* reads the test's shift; once, in main */
int64_t	clock_s(void);		/* seconds since 1970 */
uint64_t clock_ns(void);	/* nanoseconds since 1970 */
uint64_t clock_mono_ms(void);	/* milliseconds, never set back; not shifted */
int64_t	clock_mono_s(void);	/* the same in seconds */
/* When the system was, in seconds since 1970, by today's clock: not shifted. */
int64_t	clock_started(void);

#endif
