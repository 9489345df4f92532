/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef EW_RECORD_SINK_H
#define EW_RECORD_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Where the daemon's records go: to journald, to a file, or to standard output. Nothing here ever waits, or the daemon
 * would not follow programs meanwhile: sd_journal_sendv(3) blocks while journald does not read, hence a sender of our
 * own. Of what cannot be written one entry is kept and tried again, in whole; the rest stays in the reader's buffer,
 * which counts what it loses. So memory is bounded.
 */
enum ew_sink_kind {
	EW_SINK_NONE,
	EW_SINK_JOURNAL,
	EW_SINK_FILE,	/* JSON Lines; made anew when its name leads elsewhere, as after a rotation */
	EW_SINK_STREAM, /* JSON Lines on a descriptor */
};

#define EW_JOURNAL_SOCKET "/run/systemd/journal/socket"

struct ew_sink {
	enum ew_sink_kind kind;
	const char *path; /* of the file or the socket */
	int fd;
	bool socket; /* of EW_SINK_STREAM */
	dev_t dev;   /* of the file */
	ino_t ino;
	char *pending; /* not written yet, or not wholly */
	size_t len, done;
	int error; /* why; 0: nothing is pending */
	int told;  /* the error that was logged last, for the sake of whom it is not logged again */
};

#define EW_SINK_CLOSED ((struct ew_sink){.fd = -1})

/*
 * ew_sink_open - opens KIND at PATH, which has to stay; of EW_SINK_STREAM FD is taken over
 *
 * A journald that is not there, or not yet, is no error. Returns 0 or a negative errno: that of open(2), of a file.
 */
int ew_sink_open(struct ew_sink *sink, enum ew_sink_kind kind, const char *path, int fd);
void ew_sink_close(struct ew_sink *sink);

/* Whether ew_sink_put() can be called. */
bool ew_sink_ready(const struct ew_sink *sink);

/*
 * Takes ENTRY of LEN bytes, memory from malloc(3), over and writes it, if it can be. To a sink that is ready only.
 * Logs when writing begins to fail, and when it goes on.
 */
void ew_sink_put(struct ew_sink *sink, char *entry, size_t len);

/* Tries again, if there is something to try. */
void ew_sink_flush(struct ew_sink *sink);

/* The descriptor to wait for until it can be written to, or -1: try again a little later. Of one that is not ready. */
int ew_sink_waits_for(const struct ew_sink *sink);

#endif
