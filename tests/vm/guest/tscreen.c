/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tscreen DIR COLUMNS LINES PROGRAM [ARG...]: runs PROGRAM on a terminal of that size, and is the terminal
 *
 * In DIR, whole at any time, as they are renamed to their place:
 *   pid     of PROGRAM
 *   screen  what the terminal shows, once nothing more comes for a moment
 *   end     when PROGRAM has ended, how: "exit 0", and what it left of the terminal's modes, a line each
 * and `keys`, a pipe for lines: "kTEXT" types TEXT, "s COLUMNS LINES" is a new size.
 *
 * It is what TERM=screen is (terminfo(5)), as far as curses makes use of that, in one byte a character. What it does
 * not know it ends with 125 for: that is a fault of the test.
 */
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

#include "terminal.h"

#define QUIET 50 /* milliseconds */

static const char *dir;

static FILE *begin_file(const char *name)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.new", dir, name);
	f = fopen(path, "we");
	if (!f)
		fail("a file cannot be made");
	return f;
}

static void end_file(FILE *f, const char *name)
{
	char from[4096], to[4096];

	fclose(f);
	snprintf(from, sizeof(from), "%s/%s.new", dir, name);
	snprintf(to, sizeof(to), "%s/%s", dir, name);
	rename(from, to);
}

static void write_screen(void)
{
	FILE *f = begin_file("screen");

	for (int y = 0; y < t.lines; y++) {
		int len = t.columns;

		while (len && t.page->text[y][len - 1] == ' ')
			len--;
		fprintf(f, "%.*s\n", len, t.page->text[y]);
	}
	end_file(f, "screen");
}

/* Takes what there is. Returns whether there was anything. */
static bool take_output(int terminal)
{
	char data[4096];
	ssize_t n = read(terminal, data, sizeof(data));

	for (ssize_t i = 0; i < n; i++)
		take(data[i]);
	return n > 0;
}

static void obey(const char *line, size_t len, int terminal)
{
	struct winsize size = {0};
	int columns, lines;

	if (line[0] == 'k') {
		if (write(terminal, line + 1, len - 1) != (ssize_t)len - 1)
			fail("keys cannot be typed");
	} else if (sscanf(line, "s %d %d", &columns, &lines) == 2) {
		set_size(columns, lines);
		size.ws_col = (unsigned short)columns;
		size.ws_row = (unsigned short)lines;
		ioctl(terminal, TIOCSWINSZ, &size);
	} else {
		fail("a line of keys is not known");
	}
}

static void take_keys(int keys, int terminal)
{
	static char line[256];
	static size_t len;

	while (read(keys, line + len, 1) == 1) {
		if (line[len] == '\n') {
			line[len] = '\0';
			obey(line, len, terminal);
			len = 0;
		} else if (++len == sizeof(line)) {
			fail("a line of keys is too long");
		}
	}
}

static void write_end(int status, const struct termios *before, const struct termios *after)
{
	bool same = before->c_iflag == after->c_iflag && before->c_oflag == after->c_oflag &&
		    before->c_cflag == after->c_cflag && before->c_lflag == after->c_lflag &&
		    !memcmp(before->c_cc, after->c_cc, sizeof(before->c_cc));
	FILE *f = begin_file("end");

	fprintf(f, "%s %d\n", WIFEXITED(status) ? "exit" : "signal",
		WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	fprintf(f, "line %s\nscreen %s\ncursor %s\nkeypad %s\nattributes %s\n", same ? "restored" : "changed",
		t.page == &t.pages[0] ? "restored" : "changed", t.hidden ? "hidden" : "restored",
		t.keypad ? "changed" : "restored", t.attributes ? "changed" : "restored");
	end_file(f, "end");
}

/* Until PID has ended, and all that it wrote is there. Returns how it ended. */
static int run(pid_t pid, int terminal, int keys)
{
	struct pollfd fds[] = {{.fd = terminal, .events = POLLIN}, {.fd = keys, .events = POLLIN}};
	bool dirty = true;
	int status;

	for (;;) {
		int n = poll(fds, 2, QUIET);
		bool ended = waitpid(pid, &status, WNOHANG) == pid;

		if (fds[1].revents & POLLIN)
			take_keys(keys, terminal);
		while (take_output(terminal))
			dirty = true;
		if (dirty && (n == 0 || ended)) {
			write_screen();
			dirty = false;
		}
		if (ended)
			return status;
	}
}

int main(int argc, char **argv)
{
	struct termios before, after;
	struct winsize size = {0};
	int terminal, program, keys, status;
	char path[4096];
	pid_t pid;
	FILE *f;

	if (argc < 5)
		fail("DIR COLUMNS LINES PROGRAM [ARG...]");
	dir = argv[1];
	size.ws_col = (unsigned short)atoi(argv[2]);
	size.ws_row = (unsigned short)atoi(argv[3]);
	t.page = &t.pages[0];
	memset(t.pages[0].text, ' ', sizeof(t.pages[0].text));
	set_size(size.ws_col, size.ws_row);
	snprintf(path, sizeof(path), "%s/keys", dir);
	mkfifo(path, 0600);
	keys = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (keys < 0 || openpty(&terminal, &program, NULL, NULL, &size) || tcgetattr(program, &before))
		fail("no terminal");
	fcntl(terminal, F_SETFL, O_NONBLOCK);
	pid = fork();
	if (pid < 0)
		fail("no process");
	if (pid == 0) {
		close(terminal);
		login_tty(program);
		setenv("TERM", "screen", 1);
		execvp(argv[4], argv + 4);
		_exit(127);
	}
	f = begin_file("pid");
	fprintf(f, "%d\n", pid);
	end_file(f, "pid");
	/* `program` stays open: what is written last stays to be read, and the modes can be asked for */
	status = run(pid, terminal, keys);
	tcgetattr(program, &after);
	write_end(status, &before, &after);
	return 0;
}
