/*
 * Preloaded into a process that writes: keeps, in another folder, each file of its data directory as it was when it was last
 * synced. After a power cut a disk may have no more than that.
 *
 *   POWER_CUT_SOURCE  the data directory
 *   POWER_CUT_MIRROR  where the synced files are kept
 *   POWER_CUT_COUNT   a file of eight bytes: how often the write-ahead log was synced
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static uint64_t count = 0;

/* A folder was synced: what was removed from it is gone for sure. */
static void forget_removed(const char *source, const char *mirror) {
  DIR *files = opendir(mirror);
  struct dirent *file;
  char path[4200];
  if (!files) return;
  while ((file = readdir(files))) {
    if (file->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "%s/%s", source, file->d_name);
    if (access(path, F_OK) == 0) continue;
    snprintf(path, sizeof path, "%s/%s", mirror, file->d_name);
    unlink(path);
  }
  closedir(files);
}

static void keep(int fd) {
  const char *source = getenv("POWER_CUT_SOURCE"), *mirror = getenv("POWER_CUT_MIRROR");
  if (!source || !mirror) return;
  char link[64], path[4096], draft[4200], kept[4200];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  size_t prefix = strlen(source);
  if (length < 0) return;
  path[length] = 0;
  if (strncmp(path, source, prefix) != 0 || (path[prefix] != '/' && path[prefix] != 0)) return;
  pthread_mutex_lock(&mutex);
  if (path[prefix] == 0) {
    forget_removed(source, mirror);
    pthread_mutex_unlock(&mutex);
    return;
  }
  snprintf(kept, sizeof kept, "%s/%s", mirror, path + prefix + 1);
  snprintf(draft, sizeof draft, "%s.draft", kept);
  int from = open(path, O_RDONLY | O_CLOEXEC), to = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  static char bytes[1 << 20];
  ssize_t got = -1;
  if (from >= 0 && to >= 0) {
    while ((got = read(from, bytes, sizeof bytes)) > 0) {
      if (write(to, bytes, got) != got) abort();
    }
  }
  if (from >= 0) close(from);
  if (to >= 0) close(to);
  /* Whole or not at all, whenever the process is killed. */
  if (got == 0 && rename(draft, kept) != 0) abort();
  const char *counter = getenv("POWER_CUT_COUNT");
  size_t end = strlen(path);
  if (counter && end > 4 && strcmp(path + end - 4, "-wal") == 0) {
    count++;
    int out = open(counter, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (out >= 0) {
      if (pwrite(out, &count, sizeof count, 0) != sizeof count) abort();
      close(out);
    }
  }
  pthread_mutex_unlock(&mutex);
}

int fsync(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  int result = real(fd);
  if (result == 0) keep(fd);
  return result;
}

int fdatasync(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  int result = real(fd);
  if (result == 0) keep(fd);
  return result;
}
