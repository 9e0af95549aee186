// A disk between a process and the kernel: records every change of a folder's files in order, and fails, shortens or
// ends the process at the one it is told to. Loaded with LD_PRELOAD; driven by disk.ts through a shared file.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

// As disk.ts has them.
enum kind { WRITE = 1, TRUNCATE = 2, SYNC = 4, UNLINK = 8, SAID = 16 };
enum action { FAIL = 1, FAIL_HALFWAY = 2, SHORTEN = 3, KILL_BEFORE = 4, KILL_HALFWAY = 5, IGNORE = 6 };

struct control {
  uint32_t count;   // changes seen of the kinds asked for
  uint32_t first;   // 1 is the next one; 0 is none
  uint32_t last;    // the last one acted on
  uint32_t action;
  uint32_t error;
  uint32_t kinds;
  char file[32];    // how the names end that count; empty for every file
};

static struct control *control;
static const char *folder;
static size_t folder_length;
static int trace = -1;
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_write)(int, const void *, size_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_unlink)(const char *);

__attribute__((constructor)) static void begin(void) {
  real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
  real_write = dlsym(RTLD_NEXT, "write");
  real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  real_unlink = dlsym(RTLD_NEXT, "unlink");
  folder = getenv("DISK_FOLDER");
  if (folder == NULL) return;
  folder_length = strlen(folder);
  const char *path = getenv("DISK_CONTROL");
  int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
  if (fd >= 0) control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  path = getenv("DISK_TRACE");
  if (path != NULL) trace = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

// The file's name below the folder, or NULL when it is no file of the folder's.
static const char *name_in_folder(const char *path) {
  if (folder == NULL || strncmp(path, folder, folder_length) != 0) return NULL;
  return path[folder_length] == '/' ? path + folder_length + 1 : NULL;
}

static const char *name_of(int fd, char *path, size_t size) {
  char link[40];
  if (folder == NULL) return NULL;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, size - 1);
  if (length < 0) return NULL;
  path[length] = 0;
  return name_in_folder(path);
}

static void record(enum kind kind, const char *name, off_t at, const void *bytes, size_t length) {
  if (trace < 0) return;
  uint32_t words[2] = {kind, (uint32_t)strlen(name)};
  uint64_t place[2] = {(uint64_t)at, bytes == NULL ? 0 : length};
  struct iovec parts[] = {{words, sizeof words}, {place, sizeof place}, {(void *)name, words[1]}, {(void *)bytes, place[1]}};
  if (writev(trace, parts, 4) < 0) abort();
}

// What shall become of this change: 0 when it is let through.
static enum action act_on(enum kind kind, const char *name) {
  if (control == NULL || !(control->kinds & kind)) return 0;
  size_t length = strlen(name), end = strnlen(control->file, sizeof control->file);
  if (length < end || memcmp(name + length - end, control->file, end) != 0) return 0;
  uint32_t number = ++control->count;
  if (control->first == 0 || number < control->first || number > control->last) return 0;
  if (control->action == KILL_BEFORE) raise(SIGKILL);
  return control->action;
}

static ssize_t change_bytes(int fd, const char *name, const void *bytes, size_t length, off_t at) {
  enum action action = act_on(WRITE, name);
  if (action == IGNORE) return (ssize_t)length;
  if (action == FAIL) {
    errno = (int)control->error;
    return -1;
  }
  if (action != 0 && length > 1) length /= 2;
  ssize_t written = real_pwrite(fd, bytes, length, at);
  if (written > 0) record(WRITE, name, at, bytes, (size_t)written);
  if (action == KILL_HALFWAY) raise(SIGKILL);
  if (action == FAIL_HALFWAY) {
    errno = (int)control->error;
    return -1;
  }
  return written;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t at) {
  char path[4096];
  const char *name = name_of(fd, path, sizeof path);
  if (name == NULL) return real_pwrite(fd, bytes, length, at);
  pthread_mutex_lock(&one_at_a_time);
  ssize_t written = change_bytes(fd, name, bytes, length, at);
  int error = errno;
  pthread_mutex_unlock(&one_at_a_time);
  errno = error;
  return written;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { return pwrite64(fd, bytes, length, at); }

ssize_t write(int fd, const void *bytes, size_t length) {
  char path[4096];
  // Lines that the process says about itself stand in the trace among its changes, where it began to say them.
  if (trace >= 0 && fd == 3) {
    pthread_mutex_lock(&one_at_a_time);
    record(SAID, "", 0, bytes, length);
    pthread_mutex_unlock(&one_at_a_time);
  }
  if (name_of(fd, path, sizeof path) == NULL) return real_write(fd, bytes, length);
  return pwrite64(fd, bytes, length, lseek(fd, (off_t)length, SEEK_CUR) - (off_t)length);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t at) {
  ssize_t sum = 0;
  for (int i = 0; i < count; i += 1) {
    ssize_t written = pwrite64(fd, parts[i].iov_base, parts[i].iov_len, at + sum);
    if (written < 0) return sum > 0 ? sum : -1;
    sum += written;
    if ((size_t)written < parts[i].iov_len) break;
  }
  return sum;
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) { return pwritev64(fd, parts, count, at); }

int ftruncate64(int fd, off_t length) {
  char path[4096];
  const char *name = name_of(fd, path, sizeof path);
  if (name == NULL) return real_ftruncate(fd, length);
  pthread_mutex_lock(&one_at_a_time);
  enum action action = act_on(TRUNCATE, name);
  int result = 0;
  if (action == FAIL || action == FAIL_HALFWAY) {
    errno = (int)control->error;
    result = -1;
  } else if (action != IGNORE) {
    result = real_ftruncate(fd, length);
    if (result == 0) record(TRUNCATE, name, length, NULL, 0);
    if (action == KILL_HALFWAY) raise(SIGKILL);
  }
  int error = errno;
  pthread_mutex_unlock(&one_at_a_time);
  errno = error;
  return result;
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

static int sync_file(int fd, int (*real)(int)) {
  char path[4096];
  const char *name = name_of(fd, path, sizeof path);
  if (name == NULL) return real(fd);
  pthread_mutex_lock(&one_at_a_time);
  enum action action = act_on(SYNC, name);
  int result = 0;
  if (action == FAIL || action == FAIL_HALFWAY) {
    errno = (int)control->error;
    result = -1;
  } else if (action != IGNORE) {
    result = real(fd);
    if (result == 0) record(SYNC, name, 0, NULL, 0);
    if (action == KILL_HALFWAY) raise(SIGKILL);
  }
  int error = errno;
  pthread_mutex_unlock(&one_at_a_time);
  errno = error;
  return result;
}

int fsync(int fd) { return sync_file(fd, real_fsync); }
int fdatasync(int fd) { return sync_file(fd, real_fdatasync); }

int unlink(const char *path) {
  const char *name = name_in_folder(path);
  if (name == NULL) return real_unlink(path);
  pthread_mutex_lock(&one_at_a_time);
  enum action action = act_on(UNLINK, name);
  int result = 0;
  if (action == FAIL || action == FAIL_HALFWAY) {
    errno = (int)control->error;
    result = -1;
  } else if (action != IGNORE) {
    result = real_unlink(path);
    if (result == 0) record(UNLINK, name, 0, NULL, 0);
    if (action == KILL_HALFWAY) raise(SIGKILL);
  }
  int error = errno;
  pthread_mutex_unlock(&one_at_a_time);
  errno = error;
  return result;
}
