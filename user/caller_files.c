/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fsverity.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include "caller.h"
#include "log.h"
#include "verity.h"

/* The files of an exec, as the caller would find them (struct ew_exec_files). */

#define OVERFLOW_ID 65534U /* DEFAULT_OVERFLOWUID: what stat(2) shows of an id that the mount does not map */

/* DIR/NAME, or NAME where it begins with "/"; the caller frees. */
static char *join(const char *dir, const char *name)
{
	char *path;

	if (name[0] == '/')
		return strdup(name);
	return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

/* Opens an absolute path as the caller's root and mounts have it, for looking at. Returns a descriptor or an errno. */
static int open_path(const struct ew_caller *caller, const char *path)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};
	_cleanup_close_ int root = -1;
	char name[64];
	long fd;

	if (!caller->pid) {
		fd = open(path, O_PATH | O_CLOEXEC);
	} else {
		snprintf(name, sizeof(name), "%s/root", caller->proc);
		root = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (root < 0)
			return -errno;
		fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
	}
	return fd < 0 ? -errno : (int)fd;
}

/* Of what FD is open on, its path from the caller's root; else GIVEN. The caller frees. */
static char *path_of(const struct ew_caller *caller, int fd, const char *given)
{
	_cleanup_free_ char *root = ew_caller_link(caller, "root");
	char name[64], path[EW_PATH_MAX + 1];
	size_t len = root ? strlen(root) : 0;
	ssize_t n;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	n = readlink(name, path, sizeof(path) - 1);
	if (n <= 0 || path[0] != '/')
		return strdup(given);
	path[n] = '\0';
	return strdup(len > 1 && strncmp(path, root, len) == 0 && path[len] == '/' ? path + len : path);
}

static int read_caps(int fd, __u64 known, struct ew_predict_file *file)
{
	char name[64], data[64];
	ssize_t n;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	file->acl = getxattr(name, "system.posix_acl_access", NULL, 0) > 0;
	n = getxattr(name, "security.capability", data, sizeof(data));
	if (n < 0)
		/* EOVERFLOW: of a user namespace that is not ours, nor above us */
		return errno == ENODATA || errno == EOPNOTSUPP || errno == EOVERFLOW ? 0 : -errno;
	ew_file_caps_parse(data, (size_t)n, &file->caps);
	file->caps.permitted &= known;
	file->caps.inheritable &= known;
	return 0;
}

/* What the file is by its first bytes. Into INTERPRETER what it asks for, or "". */
static void read_head(int fd, struct ew_exec_files *files, struct ew_predict_file *file,
		      char interpreter[EW_SCRIPT_HEAD])
{
	_cleanup_close_ int readable = -1;
	char name[64], head[EW_SCRIPT_HEAD];
	ssize_t n;
	int len;

	interpreter[0] = '\0';
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	readable = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	n = readable < 0 ? -1 : pread(readable, head, sizeof(head), 0);
	files->elf = n < 0 || (n >= SELFMAG && memcmp(head, ELFMAG, SELFMAG) == 0);
	if (n < 0)
		return;
	len = ew_script_interpreter(head, (size_t)n, interpreter);
	file->script = n >= 2 && head[0] == '#' && head[1] == '!';
	if (len < 0 || (len == 0 && !files->elf))
		file->error = -ENOEXEC;
}

/* Its fs-verity digest, if the kernel tells that to our programs. */
static void read_verity(int fd, struct ew_predict_file *file)
{
	struct {
		struct fsverity_digest head;
		__u8 digest[64];
	} measured = {.head.digest_size = sizeof(measured.digest)};
	_cleanup_close_ int readable = -1;
	char name[64];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	readable = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (readable < 0 || ioctl(readable, FS_IOC_MEASURE_VERITY, &measured) < 0)
		return;
	if (measured.head.digest_algorithm == FS_VERITY_HASH_ALG_SHA256 &&
	    measured.head.digest_size == EW_VERITY_SIZE && ew_verity_supported())
		file->verity = ew_image_identity_of_verity(measured.digest);
}

/* The facts of the file open at FD. Returns 0 or a negative errno. */
static int look(const struct ew_caller *caller, int fd, struct ew_exec_files *files, char interpreter[EW_SCRIPT_HEAD])
{
	struct ew_predict_file *file = &files->file[files->n];
	struct statvfs mount;
	bool idmapped = false;
	struct stat st;
	int err;

	if (fstat(fd, &st) < 0 || fstatvfs(fd, &mount) < 0)
		return -errno;
	file->mode = st.st_mode;
	file->uid = st.st_uid;
	file->gid = st.st_gid;
	if (!S_ISREG(st.st_mode))
		return -EACCES;
	err = ew_caller_identity(caller, fd, &file->identity, &idmapped);
	if (err < 0)
		return err;
	file->unmapped = idmapped && (st.st_uid == OVERFLOW_ID || st.st_gid == OVERFLOW_ID);
	file->nosuid = mount.f_flag & ST_NOSUID;
	file->noexec = mount.f_flag & ST_NOEXEC;
	file->unlinked = st.st_nlink == 0;
	err = read_caps(fd, caller->caps_known, file);
	if (err == 0) {
		read_verity(fd, file);
		read_head(fd, files, file, interpreter);
	}
	return err;
}

/* One level: the file at PATH. */
static int add_level(struct ew_exec_files *files, const struct ew_caller *caller, const char *path,
		     char interpreter[EW_SCRIPT_HEAD])
{
	_cleanup_close_ int fd = open_path(caller, path);
	int err;

	interpreter[0] = '\0';
	if (fd < 0)
		return fd;
	files->path[files->n] = path_of(caller, fd, path);
	if (!files->path[files->n])
		return -ENOMEM;
	err = look(caller, fd, files, interpreter);
	return err;
}

/* NAME where it is in $PATH, as execvp(3) looks for it. */
static char *search(const struct ew_caller *caller, const char *name)
{
	_cleanup_free_ char *dirs = strdup(getenv("PATH") ?: "/usr/local/bin:/usr/bin:/bin");
	char *save = NULL;

	for (char *dir = dirs ? strtok_r(dirs, ":", &save) : NULL; dir; dir = strtok_r(NULL, ":", &save)) {
		_cleanup_free_ char *path = join(dir, name);
		_cleanup_close_ int fd = -1;
		struct stat st;

		fd = path ? open_path(caller, path) : -1;
		if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_mode & 0111)
			return TAKE_PTR(path);
	}
	return NULL;
}

static char *find(const struct ew_caller *caller, const char *given)
{
	_cleanup_free_ char *here = NULL;

	if (!strchr(given, '/'))
		return search(caller, given);
	here = getcwd(NULL, 0);
	return here ? join(here, given) : NULL;
}

int ew_exec_files_get(struct ew_exec_files *files, const struct ew_caller *caller, const char *given)
{
	_cleanup_free_ char *path = find(caller, given);
	char interpreter[EW_SCRIPT_HEAD];
	int err;

	*files = (struct ew_exec_files){0};
	if (!path)
		return ew_error_ret(-ENOENT, "%s: there is no such program in PATH; name it by its path", given);
	err = add_level(files, caller, path, interpreter);
	if (err < 0)
		return ew_error_ret(err, "%s cannot be explained: %s", path,
				    err == -EACCES    ? "it is no file that the caller, or you, may execute"
				    : err == -ENODATA ? "it is on a mount that cannot be seen from here"
						      : strerror(-err));
	for (files->n = 1; interpreter[0] && files->n < EW_PREDICT_LEVELS; files->n++) {
		_cleanup_free_ char *here = ew_caller_link(caller, "cwd"); /* a relative name is from there */
		_cleanup_free_ char *next = here ? join(here, interpreter) : NULL;

		err = next ? add_level(files, caller, next, interpreter) : -ENOMEM;
		if (err < 0) {
			files->file[files->n].error = err;
			if (!files->path[files->n])
				files->path[files->n] = TAKE_PTR(next);
			interpreter[0] = '\0';
		}
	}
	return 0;
}

void ew_exec_files_clear(struct ew_exec_files *files)
{
	for (size_t i = 0; i < EW_PREDICT_LEVELS; i++)
		free(files->path[i]);
	*files = (struct ew_exec_files){0};
}
