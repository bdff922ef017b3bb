/* SPDX-License-Identifier: MIT */
#include "host.h"

#if !defined(_WIN32)

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BELOW_SANITIZER true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define BELOW_SANITIZER true
#endif
#endif
#if !defined(BELOW_SANITIZER)
#define BELOW_SANITIZER false
#endif

/* --------------------------------------------------------------------------------------------------- where we run --- */

bool host_is_windows(void)
{
    return false;
}

bool host_is_wine(void)
{
    return false;
}

/* Valgrind puts its own objects in front of the program's. */
bool host_is_below_valgrind(void)
{
    const char *preloaded = getenv("LD_PRELOAD");

    return preloaded != NULL && strstr(preloaded, "vgpreload") != NULL;
}

bool host_is_slow(void)
{
    return BELOW_SANITIZER || host_is_below_valgrind() || getenv("KIN_TEST_SLOW") != NULL;
}

bool host_memory_is_distorted(void)
{
    return host_is_slow();
}

bool host_is_superuser(void)
{
    return geteuid() == 0;
}

/* ----------------------------------------------------------------------------------------------------------- files --- */

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

void host_remove(const char *path)
{
    nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

bool host_make_directory(const char *path)
{
    return mkdir(path, 0755) == 0;
}

bool host_write_file(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wbe");
    bool good = file != NULL && fwrite(data, 1, size, file) == size;

    if (file != NULL)
        good = fclose(file) == 0 && good;
    return good;
}

int64_t host_read_file(const char *path, void *data, size_t room)
{
    FILE *file = fopen(path, "rbe");
    size_t size;

    if (file == NULL)
        return -1;
    size = fread(data, 1, room, file);
    fclose(file);
    return (int64_t)size;
}

bool host_make_executable(const char *path)
{
    return chmod(path, 0755) == 0;
}

bool host_copy_program(const char *from, const char *to)
{
    return link(from, to) == 0 || symlink(from, to) == 0;
}

void host_make_absolute(char *path, size_t size)
{
    char full[PATH_MAX];

    if (realpath(path, full) != NULL)
        snprintf(path, size, "%s", full);
}

void host_temporary_directory(char *path, size_t size)
{
    const char *base = getenv("TMPDIR");

    snprintf(path, size, "%s/kin-test-XXXXXX", base != NULL ? base : "/tmp");
    if (mkdtemp(path) == NULL)
        path[0] = '\0';
}

bool host_same_path(const char *left, const char *right)
{
    struct stat first;
    struct stat second;

    return stat(left, &first) == 0 && stat(right, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

const char *host_program_suffix(void)
{
    return "";
}

char host_separator(void)
{
    return '/';
}

char host_list_separator(void)
{
    return ':';
}

/* --------------------------------------------------------------------------------------------------------- process --- */

void host_set_variable(const char *name, const char *value)
{
    if (value != NULL)
        setenv(name, value, 1);
    else
        unsetenv(name);
}

void host_get_directory(char *path, size_t size)
{
    if (getcwd(path, size) == NULL)
        path[0] = '\0';
}

void host_set_directory(const char *path)
{
    if (chdir(path) != 0)
        perror(path);
}

uint64_t host_peak_memory(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
#if defined(__APPLE__)
    return (uint64_t)usage.ru_maxrss;
#else
    return (uint64_t)usage.ru_maxrss * 1024;
#endif
}

unsigned host_umask(void)
{
    const mode_t mask = umask(0);

    umask(mask);
    return (unsigned)mask;
}

uint32_t host_exit_code_seen(uint32_t code)
{
    return code & 0xff;
}

bool host_status_is_crash(const kin_status *status)
{
    return status->kind == KIN_EXIT_SIGNAL && status->signal == SIGSEGV;
}

/* ------------------------------------------------------------------------------------------------------- native handles --- */

bool host_pipe(kin_native_handle ends[2])
{
    if (pipe(ends) != 0)
        return false;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return true;
}

void host_close(kin_native_handle handle)
{
    close(handle);
}

bool host_write(kin_native_handle handle, const void *data, size_t size)
{
    const char *rest = data;

    while (size > 0) {
        const ssize_t done = write(handle, rest, size);

        if (done < 0 && errno != EINTR)
            return false;
        rest += done > 0 ? done : 0;
        size -= done > 0 ? (size_t)done : 0;
    }
    return true;
}

int64_t host_read(kin_native_handle handle, void *data, size_t size)
{
    ssize_t done;

    do
        done = read(handle, data, size);
    while (done < 0 && errno == EINTR);
    return done;
}

kin_native_handle host_open_for_writing(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
}

kin_native_handle host_bad_handle(void)
{
    return 987;
}

kin_native_handle host_no_handle(void)
{
    return -1;
}

bool host_wait(kin_native_handle handle, int64_t timeout_ms)
{
    struct pollfd entry = { .fd = handle, .events = POLLIN };
    int ready;

    do
        ready = poll(&entry, 1, timeout_ms > 60000 || timeout_ms < 0 ? 60000 : (int)timeout_ms);
    while (ready < 0 && errno == EINTR);
    return ready > 0;
}

static int kept_slots[3] = { -1, -1, -1 };

void host_close_slot(int slot)
{
    fflush(NULL);
    kept_slots[slot] = fcntl(slot, F_DUPFD_CLOEXEC, 200);
    close(slot);
}

void host_restore_slots(void)
{
    for (int slot = 0; slot < 3; slot++) {
        if (kept_slots[slot] < 0)
            continue;
        dup2(kept_slots[slot], slot);
        close(kept_slots[slot]);
        kept_slots[slot] = -1;
    }
}

/* ----------------------------------------------------------------------------------------------------------- threads --- */

struct host_thread {
    pthread_t id;
    void (*run)(void *argument);
    void *argument;
};

static void *enter_thread(void *argument)
{
    struct host_thread *thread = argument;

    thread->run(thread->argument);
    return NULL;
}

struct host_thread *host_thread_start(void (*run)(void *argument), void *argument)
{
    struct host_thread *thread = malloc(sizeof *thread);

    if (thread == NULL)
        abort();
    thread->run = run;
    thread->argument = argument;
    if (pthread_create(&thread->id, NULL, enter_thread, thread) != 0)
        abort();
    return thread;
}

void host_thread_join(struct host_thread *thread)
{
    pthread_join(thread->id, NULL);
    free(thread);
}

#endif
