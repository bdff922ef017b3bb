/* SPDX-License-Identifier: MIT */
/*
 * macOS: posix_spawn() is one system call there, and POSIX_SPAWN_CLOEXEC_DEFAULT closes what is not named. What it cannot
 * express goes by fork: a umask, other credentials, sources that stand in each other's way. On the BSDs posix_spawn() is a fork
 * in the C library, without that flag; they fork.
 */
#include "launch.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "policy.h"

void kin_posix_launcher_open(struct kin_posix_launcher *launcher, int poll)
{
    *launcher = (struct kin_posix_launcher){ .poll = poll, .last_pidfd = -1 };
}

void kin_posix_launcher_close(struct kin_posix_launcher *launcher)
{
    (void)launcher;
}

#if defined(__APPLE__)

#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>

#include "search.h"

/* macOS 10.15. Without it, a session is made by fork. */
#if defined(POSIX_SPAWN_SETSID)
#define LEAD_SESSION POSIX_SPAWN_SETSID
#else
#define LEAD_SESSION 0
#endif

/* Each slot is filled in order: a source that is itself a slot must be its own. A program that is relative to another directory
   may be started and still be reported as missing (edge case S23). */
static bool can_express(const struct kin_posix_child *child)
{
    if (child->set_umask || child->credentials != NULL || child->parent != 0)
        return false;
    if (child->detached && LEAD_SESSION == 0)
        return false;
    if (child->cwd != NULL && child->candidates[0][0] != '/')
        return false;
    for (size_t slot = 0; slot < child->slot_count; slot++) {
        const int source = child->sources[slot];

        if (source < (int)child->slot_count && source != (int)slot)
            return false;
    }
    return true;
}

static int describe_slots(const struct kin_posix_child *child, posix_spawn_file_actions_t *actions)
{
    int os_error = 0;

    for (int slot = 0; os_error == 0 && slot < (int)child->slot_count; slot++) {
        const int source = child->sources[slot];

        if (source == slot)
            os_error = posix_spawn_file_actions_addinherit_np(actions, slot);
        else
            os_error = posix_spawn_file_actions_adddup2(actions, source, slot);
    }
    if (os_error == 0 && child->cwd != NULL)
        os_error = posix_spawn_file_actions_addchdir_np(actions, child->cwd);
    return os_error;
}

/* A session is a group too; asking for both would be refused, as setpgid(2) is for the leader of a session. */
static int group_flag(const struct kin_posix_child *child)
{
    if (child->detached)
        return LEAD_SESSION;
    return child->tree ? POSIX_SPAWN_SETPGROUP : 0;
}

static int describe_process(const struct kin_posix_child *child, posix_spawnattr_t *attributes)
{
    const int group = group_flag(child);
    sigset_t none;
    sigset_t all;
    int os_error;

    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    (void)sigdelset(&all, SIGKILL);
    (void)sigdelset(&all, SIGSTOP);
    os_error = posix_spawnattr_setsigmask(attributes, &none);
    if (os_error == 0)
        os_error = posix_spawnattr_setsigdefault(attributes, &all);
    if (os_error == 0)
        os_error = posix_spawnattr_setpgroup(attributes, 0);
    if (os_error == 0)
        os_error = posix_spawnattr_setflags(
            attributes, (short)(group | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_CLOEXEC_DEFAULT));
    return os_error;
}

static int walk(struct kin_posix_launch *launch, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes)
{
    const struct kin_posix_child *child = &launch->child;
    char *const *argv = (char *const *)(uintptr_t)child->argv;
    char *const *environment = (char *const *)(uintptr_t)child->environment;
    int result = ENOENT;

    for (size_t i = 0; i < child->candidate_count; i++) {
        const int failed = posix_spawn(&launch->id, child->candidates[i], actions, attributes, argv, environment);

        if (failed == 0 || !kin_posix_search_goes_on(failed))
            return failed;
        if (result != EACCES)
            result = failed == EACCES || child->candidate_count == 1 ? failed : ENOENT;
    }
    return result;
}

/* There is one errno for all that was asked; whose it is, is found out afterwards. */
static int check_directory(const char *path)
{
    struct stat status;

    if (path == NULL)
        return 0;
    if (stat(path, &status) != 0)
        return errno;
    if (!S_ISDIR(status.st_mode))
        return ENOTDIR;
    return access(path, X_OK) == 0 ? 0 : errno;
}

static int tell_failure(struct kin_posix_launch *launch, int os_error)
{
    const int of_directory = check_directory(launch->child.cwd);

    launch->id = -1;
    if (os_error == EAGAIN || os_error == ENOMEM || os_error == EBADF)
        return os_error;
    launch->record.stage = of_directory != 0 ? KIN_STAGE_CHDIR : KIN_STAGE_EXEC;
    launch->record.os_error = of_directory != 0 ? of_directory : os_error;
    return 0;
}

static int spawn(struct kin_posix_launch *launch, posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes)
{
    int os_error = describe_slots(&launch->child, actions);

    if (os_error == 0)
        os_error = describe_process(&launch->child, attributes);
    if (os_error != 0)
        return os_error;
    os_error = walk(launch, actions, attributes);
    return os_error == 0 ? 0 : tell_failure(launch, os_error);
}

int kin_posix_launch_fast(struct kin_posix_launcher *launcher, struct kin_posix_launch *launch)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int os_error;

    if ((kin_posix_launcher_denied(launcher) & KIN_POSIX_DENY_SPAWN) != 0 || !can_express(&launch->child))
        return KIN_POSIX_UNAVAILABLE;
    os_error = posix_spawn_file_actions_init(&actions);
    if (os_error != 0)
        return os_error;
    os_error = posix_spawnattr_init(&attributes);
    if (os_error == 0) {
        os_error = spawn(launch, &actions, &attributes);
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    return os_error;
}

#else

int kin_posix_launch_fast(struct kin_posix_launcher *launcher, struct kin_posix_launch *launch)
{
    (void)launcher;
    (void)launch;
    return KIN_POSIX_UNAVAILABLE;
}

#endif
