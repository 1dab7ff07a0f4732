/* Notes what a disk would still have after a power cut.
 *
 * Preloaded into a process, it lets every fsync and fdatasync through, and then copies what was synced, a file's bytes
 * or a directory's names, from below POWERCUT_ROOT into the folder POWERCUT_SHADOW:
 *
 *   f-<id>  the bytes of a regular file as of its last sync
 *   d-<id>  the names in a directory as of its last sync: `<id> <f|d|o> <name>` and a zero byte each
 *
 * where <id> is `<inode>-<birth, ns>`, so that an inode that is used again is another file. The caller of the sync waits
 * for the copy, so whatever it acknowledges afterwards is in the shadow. With no shadow yet, all that is there when the
 * process starts counts as synced. It intercepts nothing but syncs: how bytes were written does not matter.
 *
 * Built by powercut.py, which also makes the folder of after the cut.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static const char *root, *shadow;
static int (*real_fsync)(int), (*real_fdatasync)(int);

static void die(const char *what) {
    perror(what);
    abort();
}

/* The id of a file; false when it is gone. */
static int identify(int folder, const char *name, int flags, char id[64], mode_t *mode) {
    struct statx found;
    if (statx(folder, name, flags | AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &found) != 0) return 0;
    long long birth = found.stx_btime.tv_sec * 1000000000LL + found.stx_btime.tv_nsec;
    snprintf(id, 64, "%llu-%lld", (unsigned long long)found.stx_ino, birth);
    *mode = found.stx_mode;
    return 1;
}

static void shadow_path(char *path, const char *kind, const char *id) {
    snprintf(path, PATH_MAX, "%s/%s-%s", shadow, kind, id);
}

/* Copies the pieces that differ: a file that grows costs what was added, and a reading of the rest. */
static void note_file(int source, const char *id) {
    static char wanted[1 << 18], noted[1 << 18];
    char path[PATH_MAX];
    shadow_path(path, "f", id);
    int target = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct stat status;
    if (target < 0 || fstat(source, &status) != 0 || ftruncate(target, status.st_size) != 0) die(path);
    for (off_t at = 0; (at = lseek(source, at, SEEK_DATA)) >= 0;) {
        off_t end = lseek(source, at, SEEK_HOLE);
        while (at < end) {
            size_t length = end - at < (off_t)sizeof wanted ? (size_t)(end - at) : sizeof wanted;
            ssize_t got = pread(source, wanted, length, at);
            if (got <= 0) break;
            if (pread(target, noted, got, at) != got || memcmp(wanted, noted, got) != 0)
                if (pwrite(target, wanted, got, at) != got) die(path);
            at += got;
        }
        if (at < end) break;
    }
    close(target);
}

static void note_directory(const char *directory, const char *id) {
    char path[PATH_MAX], unfinished[PATH_MAX + 8], entry[64];
    shadow_path(path, "d", id);
    snprintf(unfinished, sizeof unfinished, "%s.new", path);
    FILE *names = fopen(unfinished, "we");
    DIR *walk = opendir(directory);
    if (!names || !walk) die(path);
    for (struct dirent *found; (found = readdir(walk));) {
        mode_t mode;
        if (!strcmp(found->d_name, ".") || !strcmp(found->d_name, "..")) continue;
        if (!identify(dirfd(walk), found->d_name, 0, entry, &mode)) continue;
        fprintf(names, "%s %c %s%c", entry, S_ISREG(mode) ? 'f' : S_ISDIR(mode) ? 'd' : 'o', found->d_name, 0);
    }
    closedir(walk);
    if (fclose(names) != 0 || rename(unfinished, path) != 0) die(path);
}

static void note(int file) {
    char link[64], path[PATH_MAX], id[64];
    mode_t mode;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return;
    path[length] = 0;
    if (strncmp(path, root, strlen(root)) != 0 || !identify(file, "", AT_EMPTY_PATH, id, &mode)) return;
    pthread_mutex_lock(&one_at_a_time);
    if (S_ISDIR(mode)) note_directory(path, id);
    if (S_ISREG(mode)) {
        /* The caller's own descriptor may be for writing alone. */
        int source = open(link, O_RDONLY | O_CLOEXEC);
        if (source < 0) die(path);
        note_file(source, id);
        close(source);
    }
    pthread_mutex_unlock(&one_at_a_time);
}

static int note_path(const char *path, const struct stat *status, int kind, struct FTW *where) {
    (void)status, (void)where;
    if (kind != FTW_F && kind != FTW_D) return 0;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) die(path);
    note(file);
    close(file);
    return 0;
}

__attribute__((constructor)) static void begin(void) {
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    root = getenv("POWERCUT_ROOT");
    shadow = getenv("POWERCUT_SHADOW");
    if (root && shadow && mkdir(shadow, 0700) == 0) nftw(root, note_path, 16, FTW_PHYS);
}

int fsync(int file) {
    int outcome = real_fsync(file);
    if (outcome == 0 && root && shadow) note(file);
    return outcome;
}

int fdatasync(int file) {
    int outcome = real_fdatasync(file);
    if (outcome == 0 && root && shadow) note(file);
    return outcome;
}
