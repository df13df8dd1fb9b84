/* jobs - what a deliverer is asked for, on its channel with queued. */
#ifndef RUN_JOBS_H
#define RUN_JOBS_H

#include "wire/job.h"

/* A local deliverer whose file system hangs: after so long without an answer
 * queued puts off what it has, and then it is killed by its own alarm, if a
 * signal reaches it.  For a batch that is a long time. */
enum { JOBS_SILENT_S = 300, JOBS_KILLED_S = JOBS_SILENT_S + 60 };

/* Takes the next job: 1; 0 at the end of the channel, or when this process is
 * asked to end; -1 with nothing there after wait_ms (-1: however long).  A
 * malformed one ends the process.  *file is the queue file's descriptor, locked
 * for reading as long as it is open (correo-queue(5), Locks); the job's spans
 * live until the next call. */
int	jobs_take(int ch, struct job *, int *file, int wait_ms);

#endif
