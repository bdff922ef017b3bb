/* SPDX-License-Identifier: MIT */
#include "watcher.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "descriptor.h"
#include "pidfd.h"
#include "signals.h"
#include "wait.h"

const char kin_posix_watcher_program[] = "/bin/sh";

/* A line names what to kill, the last one counts; an empty line ends it; and the end of the pipe before that makes it kill. All
   this is part of every shell, so nothing is looked up. Without a target `kill` fails, and that is all. */
static const char script[] =
    "while read -r line; do case $line in '') exit;; esac; target=$line; done; kill -s KILL -- \"$target\"";

enum { INPUT = 0, SLOTS = 3 };

/* ----------------------------------------------------------------------------------------------------------------- start --- */

/* A session of its own: what a terminal sends to our group is not for it, and neither is what our child's group gets. The root
   directory, so that it keeps no other one busy. No environment: what the host loads into programs is not for it. */
static int launch_shell(struct kin_posix_watcher *watcher, struct kin_posix_launcher *launcher, const int *sources)
{
    const char *const candidates[] = { kin_posix_watcher_program, NULL };
    const char *const argv[] = { "sh", "-c", script, NULL };
    const char *const environment[] = { NULL };
    int scratch[SLOTS];
    struct kin_posix_launch launch = { .child = { .candidates = candidates,
                                                  .candidate_count = 1,
                                                  .argv = argv,
                                                  .environment = environment,
                                                  .cwd = "/",
                                                  .sources = sources,
                                                  .scratch = scratch,
                                                  .slot_count = SLOTS,
                                                  .detached = true,
                                                  .status = -1,
                                                  .record = &launch.record } };
    const int os_error = kin_posix_launch(launcher, &launch);

    if (os_error != 0)
        return os_error;
    if (launch.record.stage != KIN_STAGE_NONE)
        return launch.record.os_error;
    watcher->id = launch.id;
    watcher->pidfd = kin_posix_descriptor_own(launch.pidfd);
    return 0;
}

int kin_posix_watcher_start(struct kin_posix_watcher *watcher, struct kin_posix_launcher *launcher)
{
    int sources[SLOTS] = { -1, -1, -1 };
    int null = -1;
    int os_error;

    *watcher = (struct kin_posix_watcher){ .pidfd = -1, .pipe = -1 };
    os_error = kin_posix_descriptor_pipe(&sources[INPUT], &watcher->pipe);
    if (os_error == 0)
        os_error = kin_posix_descriptor_open("/dev/null", O_RDWR, &null);
    sources[1] = null;
    sources[2] = null;
    if (os_error == 0)
        os_error = launch_shell(watcher, launcher, sources);
    kin_posix_descriptor_close(&sources[INPUT]);
    kin_posix_descriptor_close(&null);
    if (os_error != 0)
        kin_posix_descriptor_close(&watcher->pipe);
    return os_error;
}

/* ------------------------------------------------------------------------------------------------------------------ words --- */

/* Less than a pipe holds, and in one piece (pipe(7)). If somebody has ended the watcher, there is nobody to tell. */
static void say(const struct kin_posix_watcher *watcher, const char *text)
{
    struct kin_posix_sigpipe_guard guard = { 0 };
    ssize_t count;

    kin_posix_sigpipe_hold(&guard);
    do {
        count = write(watcher->pipe, text, strlen(text));
    } while (count < 0 && errno == EINTR);
    guard.raised = count < 0 && errno == EPIPE;
    kin_posix_sigpipe_release(&guard);
}

void kin_posix_watcher_tell(struct kin_posix_watcher *watcher, pid_t id, bool group)
{
    char text[32];

    (void)snprintf(text, sizeof text, "%s%ld\n", group ? "-" : "", (long)id);
    say(watcher, text);
}

/* -------------------------------------------------------------------------------------------------------------------- end --- */

/* Only what is still our child is signalled; the host may have waited for it. */
static void kill_now(const struct kin_posix_watcher *watcher)
{
    kin_status status;

    if (kin_posix_wait(watcher->id, watcher->pidfd, KIN_POSIX_TRY_KEEP, &status) != EAGAIN)
        return;
    if (kin_posix_pidfd_signal(watcher->pidfd, SIGKILL) != 0)
        (void)kill(watcher->id, SIGKILL);
}

/* The line first: it ends it also if we have given up the right to kill it meanwhile. The signal ends it also if it was
   stopped. */
void kin_posix_watcher_end(struct kin_posix_watcher *watcher)
{
    kin_status status;

    if (watcher->id == 0)
        return;
    say(watcher, "\n");
    kill_now(watcher);
    (void)kin_posix_wait(watcher->id, watcher->pidfd, KIN_POSIX_WAIT_REAP, &status);
    kin_posix_watcher_forget(watcher);
}

void kin_posix_watcher_forget(struct kin_posix_watcher *watcher)
{
    if (watcher->id == 0)
        return;
    kin_posix_descriptor_close(&watcher->pidfd);
    kin_posix_descriptor_close(&watcher->pipe);
    *watcher = (struct kin_posix_watcher){ 0 };
}
