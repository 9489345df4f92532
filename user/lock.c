/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

/* For one that keeps it, and for a queue that never ends; the turn goes to whoever asks first when it is free. */
#define LOCK_TRIES 200
#define LOCK_TRIES_ALL 1200
#define LOCK_PAUSE_NS 50000000L

static void holder_of(int fd, char *out, size_t size)
{
	ssize_t n = pread(fd, out, size - 1, 0);

	out[n > 0 ? n : 0] = '\0';
	out[strcspn(out, "\n")] = '\0';
}

/* Whoever takes the lock signs it, so another time of the file is another turn. */
static bool is_another_turn(int fd, struct timespec *turn)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || (st.st_mtim.tv_sec == turn->tv_sec && st.st_mtim.tv_nsec == turn->tv_nsec))
		return false;
	*turn = st.st_mtim;
	return true;
}

int ew_lock_take(void)
{
	const struct timespec pause = {.tv_nsec = LOCK_PAUSE_NS};
	_cleanup_close_ int fd = -1;
	struct timespec turn = {};
	char holder[32];
	int same = 0;

	if (mkdir(EW_RUN_DIR, 0755) < 0 && errno != EEXIST)
		return ew_error_ret(-errno, "the directory %s for the lock cannot be made: %s%s", EW_RUN_DIR,
				    strerror(errno), errno == EACCES ? "; run this as root" : "");
	fd = open(EW_LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return ew_error_ret(-errno, "the lock %s cannot be opened: %s%s", EW_LOCK_FILE, strerror(errno),
				    errno == EACCES ? "; run this as root" : "");
	for (int all = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; all++) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return ew_error_ret(-errno, "the lock %s cannot be taken: %s", EW_LOCK_FILE, strerror(errno));
		same = is_another_turn(fd, &turn) ? 0 : same + 1;
		if (same == LOCK_TRIES || all == LOCK_TRIES_ALL) {
			holder_of(fd, holder, sizeof(holder));
			return ew_error_ret(-EWOULDBLOCK,
					    "another execward (pid %s) holds the lock %s; try again when it is done",
					    *holder ? holder : "unknown", EW_LOCK_FILE);
		}
		nanosleep(&pause, NULL);
	}
	/* only a help for whoever has to wait */
	if (ftruncate(fd, 0) < 0 || dprintf(fd, "%d\n", getpid()) < 0)
		ew_warning("the lock %s cannot be signed: %s", EW_LOCK_FILE, strerror(errno));
	return TAKE_FD(fd);
}
