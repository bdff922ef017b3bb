/* SPDX-License-Identifier: MIT */
#include "host.h"

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
#include <sys/wait.h>
#include <unistd.h>

enum { SLOT_LIMIT = 4096, FORGOTTEN_SECONDS = 300 };

extern char **environ;

static char **own_arguments;
static sigset_t mask_at_start;

void host_prepare(void)
{
    sigprocmask(SIG_SETMASK, NULL, &mask_at_start);
    alarm(FORGOTTEN_SECONDS);
}

char **host_arguments(int argc, char **argv)
{
    (void)argc;
    own_arguments = argv;
    return argv;
}

char **host_system_arguments(void)
{
    return own_arguments;
}

long host_read(int slot, void *data, size_t size)
{
    ssize_t done;

    do
        done = read(slot, data, size);
    while (done < 0 && errno == EINTR);
    return (long)done;
}

long host_write(int slot, const void *data, size_t size)
{
    ssize_t done;

    do
        done = write(slot, data, size);
    while (done < 0 && errno == EINTR);
    return (long)done;
}

int host_close(int slot)
{
    return close(slot);
}

void host_exit(uint32_t code)
{
    _exit((int)code);
}

void host_raise(int signal_number)
{
    const struct rlimit none = { 0, 0 };
    sigset_t all;

    setrlimit(RLIMIT_CORE, &none);
    signal(signal_number, SIG_DFL);
    sigemptyset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    kill(getpid(), signal_number);
}

void host_crash(void)
{
    host_raise(SIGSEGV);
}

void host_ignore_signal(int signal_number)
{
    signal(signal_number, SIG_IGN);
}

static volatile sig_atomic_t code_when_asked;

static void exit_when_asked(int signal_number)
{
    (void)signal_number;
    _exit((int)code_when_asked);
}

void host_exit_on_signal(int signal_number, uint32_t code)
{
    code_when_asked = (sig_atomic_t)code;
    signal(signal_number, exit_when_asked);
}

void host_stop_self(void)
{
    kill(getpid(), SIGSTOP);
}

void host_join_parents_group(void)
{
    (void)setpgid(0, getpgid(getppid()));
}

void host_block_for_ever(void)
{
    for (;;)
        pause();
}

long host_process_id(void)
{
    return (long)getpid();
}

const char *host_variable(const char *name)
{
    return getenv(name);
}

const char *host_directory(void)
{
    static char directory[8192];

    return getcwd(directory, sizeof directory) != NULL ? directory : "?";
}

const char *host_environment(void)
{
    size_t size = 1;
    char *text;
    char *next;

    for (char **entry = environ; *entry != NULL; entry++)
        size += strlen(*entry) + 1;
    text = calloc(size, 1);
    if (text == NULL)
        return "";
    next = text;
    for (char **entry = environ; *entry != NULL; entry++) {
        strcpy(next, *entry);
        next += strlen(*entry) + 1;
    }
    return text;
}

const char *host_slot_kind(int slot)
{
    struct stat status;
    struct stat null;

    if (fstat(slot, &status) != 0)
        return "closed";
    if (S_ISFIFO(status.st_mode))
        return "pipe";
    if (S_ISREG(status.st_mode))
        return "file";
    if (S_ISSOCK(status.st_mode))
        return "socket";
    if (S_ISCHR(status.st_mode) && stat("/dev/null", &null) == 0 && status.st_rdev == null.st_rdev)
        return "null";
    return isatty(slot) ? "terminal" : "other";
}

int host_slot_limit(void)
{
    return SLOT_LIMIT;
}

const char *host_slot_mode(int slot)
{
    const int flags = fcntl(slot, F_GETFL);

    if (flags < 0)
        return "closed";
    return (flags & O_NONBLOCK) != 0 ? "nonblocking" : "blocking";
}

const char *host_signal_state(void)
{
    static char text[64];
    struct sigaction action;

    for (int number = 1; number < NSIG; number++) {
        if (sigismember(&mask_at_start, number) == 1) {
            snprintf(text, sizeof text, "blocked %d", number);
            return text;
        }
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_DFL) {
            snprintf(text, sizeof text, "not default %d", number);
            return text;
        }
    }
    return "default";
}

const char *host_umask(void)
{
    static char text[16];
    const mode_t mask = umask(0);

    umask(mask);
    snprintf(text, sizeof text, "%03o", (unsigned)mask);
    return text;
}

/* "uid UID EUID gid GID EGID groups GROUP…" */
const char *host_identity(void)
{
    static char text[1024];
    gid_t groups[64];
    const int count = getgroups(64, groups);
    int size = snprintf(text, sizeof text, "uid %u %u gid %u %u groups", (unsigned)getuid(), (unsigned)geteuid(),
                        (unsigned)getgid(), (unsigned)getegid());

    for (int i = 0; i < count; i++)
        size += snprintf(text + size, sizeof text - (size_t)size, " %u", (unsigned)groups[i]);
    return text;
}

static long wait_for(pid_t child)
{
    int status;

    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

long host_start_self(char **arguments, int wait)
{
    const pid_t child = fork();

    if (child == 0) {
        char **all = arguments - 1; /* there is always a verb in front */

        all[0] = own_arguments[0];
        execv(own_arguments[0], all);
        _exit(127);
    }
    if (child < 0)
        return -1;
    return wait ? wait_for(child) : (long)child;
}

#endif
