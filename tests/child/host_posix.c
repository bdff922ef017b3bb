/* SPDX-License-Identifier: MIT */
#if !defined(_WIN32)

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"

extern char **environ;

static char *program;

void host_start(int *argc, char ***argv)
{
    (void)argc;
    program = (*argv)[0];
}

bool host_write(int descriptor, const char *data, size_t size)
{
    while (size > 0) {
        const ssize_t written = write(descriptor, data, size);

        if (written < 0 && errno != EINTR)
            return false;
        data += written > 0 ? written : 0;
        size -= written > 0 ? (size_t)written : 0;
    }
    return true;
}

long host_read(int descriptor, char *data, size_t size)
{
    ssize_t count;

    do {
        count = read(descriptor, data, size);
    } while (count < 0 && errno == EINTR);
    return (long)count;
}

void host_close(int descriptor)
{
    close(descriptor);
}

bool host_is_open(int descriptor)
{
    return fcntl(descriptor, F_GETFD) >= 0;
}

const char *host_kind(int descriptor)
{
    struct stat status;

    if (fstat(descriptor, &status) != 0)
        return "closed";
    if (S_ISREG(status.st_mode))
        return "file";
    if (S_ISFIFO(status.st_mode))
        return "pipe";
    return S_ISSOCK(status.st_mode) ? "socket" : "device";
}

const char *host_variable(const char *name)
{
    return getenv(name);
}

int host_print_environment(void (*print)(const char *entry))
{
    for (char **entry = environ; *entry != NULL; entry++)
        print(*entry);
    return 0;
}

bool host_directory(char *path, size_t size)
{
    return getcwd(path, size) != NULL;
}

unsigned long host_process_id(void)
{
    return (unsigned long)getpid();
}

static void print_signals(bool (*has)(int signal))
{
    for (int signal = 1; signal <= 64; signal++) {
        if (has(signal))
            printf(" %d", signal);
    }
}

static bool is_blocked(int signal)
{
    sigset_t mask;

    sigemptyset(&mask);
    sigprocmask(SIG_BLOCK, NULL, &mask);
    return sigismember(&mask, signal) == 1;
}

static bool is_not_default(int signal)
{
    struct sigaction action;

    return sigaction(signal, NULL, &action) == 0 && action.sa_handler != SIG_DFL;
}

static void print_groups(void)
{
    gid_t groups[256];
    const int count = getgroups(256, groups);

    for (int i = 0; i < count; i++)
        printf(" %lu", (unsigned long)groups[i]);
}

static void print_umask(void)
{
    const mode_t mask = umask(0);

    umask(mask);
    printf(" %03o", (unsigned)mask);
}

void host_print_fact(const char *name)
{
    printf("%s", name);
    if (strcmp(name, "umask") == 0)
        print_umask();
    else if (strcmp(name, "uid") == 0)
        printf(" %lu %lu", (unsigned long)getuid(), (unsigned long)geteuid());
    else if (strcmp(name, "gid") == 0)
        printf(" %lu %lu", (unsigned long)getgid(), (unsigned long)getegid());
    else if (strcmp(name, "groups") == 0)
        print_groups();
    else if (strcmp(name, "mask") == 0)
        print_signals(is_blocked);
    else if (strcmp(name, "ignored") == 0)
        print_signals(is_not_default);
    else if (strcmp(name, "pgrp-leader") == 0)
        printf(" %d", getpgrp() == getpid());
    else if (strcmp(name, "session-leader") == 0)
        printf(" %d", getsid(0) == getpid());
    printf("\n");
    fflush(stdout);
}

void host_exit(unsigned code)
{
    _exit((int)code);
}

/* Without a core, which some systems would spend seconds on. */
void host_crash(void)
{
    const struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
}

void host_hang(void)
{
    for (;;)
        pause();
}

void host_raise(int signal)
{
    raise(signal);
}

void host_ignore(int signal_number)
{
    signal(signal_number, SIG_IGN);
}

bool host_start_again(int count, char **arguments)
{
    char *argv[64] = {program};
    const pid_t id = count < 63 ? fork() : -1;

    if (id == 0) {
        memcpy(argv + 1, arguments, (size_t)count * sizeof *arguments);
        execv(program, argv);
        _exit(126);
    }
    return id > 0;
}

#else
typedef int kin_test_host_is_elsewhere;
#endif
