/* SPDX-License-Identifier: MIT */
/*
 * Starting a process: a list of steps, each of which says itself what went wrong in it.
 */
#include "system.h"

#include <stdlib.h>

#include "../platform.h"
#include "channel.h"
#include "environment.h"
#include "error.h"
#include "job.h"
#include "loop.h"
#include "pipe.h"
#include "process.h"
#include "rules/batch.h"
#include "rules/command_line.h"
#include "search.h"
#include "slots.h"
#include "startup.h"
#include "wide.h"

struct spawn {
    kin_plat_loop *loop;
    struct kin_plat_launch *launch;
    void *owner;
    struct kin_plat_failure *failure;
    char **own_environment;
    char *program;
    wchar_t *application;
    wchar_t *command_line;
    wchar_t *environment; /* NULL: that of this process */
    wchar_t *directory;   /* NULL: that of this process */
    struct kin_win32_slots slots;
    kin_plat_process *process;
    bool not_into_job; /* the process was there, but could not be put into its job */
};

static int fail(const struct spawn *spawn, int code, kin_stage stage, const char *subject)
{
    return kin_win32_fail(spawn->failure, code, stage, subject);
}

/* ---------------------------------------------------------------------------------------------------- steps --- */

static int refuse_what_windows_lacks(struct spawn *spawn)
{
    if (spawn->launch->set_umask)
        return fail(spawn, KIN_ENOTSUP, KIN_STAGE_OPTIONS, "umask");
    if (spawn->launch->credentials != NULL)
        return fail(spawn, KIN_ENOTSUP, KIN_STAGE_OPTIONS, "credentials");
    return 0;
}

static int prepare_watch(struct spawn *spawn)
{
    int rc = kin_win32_process_prepare(spawn->loop, spawn->owner, &spawn->process);
    return rc < 0 ? fail(spawn, rc, KIN_STAGE_WATCH, NULL) : 0;
}

static int open_slots(struct spawn *spawn)
{
    return kin_win32_slots_open(&spawn->slots, spawn->loop, spawn->launch, spawn->failure);
}

static int find_directory(struct spawn *spawn)
{
    if (spawn->launch->cwd == NULL)
        return 0;
    return kin_win32_find_directory(spawn->launch->cwd, &spawn->directory, spawn->failure);
}

static int read_own_environment(struct spawn *spawn)
{
    int rc = kin_plat_environment(&spawn->own_environment);
    return rc < 0 ? fail(spawn, rc, KIN_STAGE_ENVIRONMENT, NULL) : 0;
}

static const char *const *child_environment(const struct spawn *spawn)
{
    if (spawn->launch->environment != NULL)
        return spawn->launch->environment;
    return (const char *const *)spawn->own_environment;
}

static int find_program(struct spawn *spawn)
{
    return kin_win32_find_program(spawn->launch, child_environment(spawn), &spawn->program, spawn->failure);
}

static int write_environment(struct spawn *spawn)
{
    if (spawn->launch->environment == NULL)
        return 0;
    int rc = kin_win32_environment_block(spawn->launch->environment, (const char *const *)spawn->own_environment,
                                         kin_win32_compare_variable_names, &spawn->environment, NULL);
    return rc < 0 ? fail(spawn, rc, KIN_STAGE_ENVIRONMENT, "environment") : 0;
}

/* A batch file is a text that cmd.exe reads. */
static int write_batch_command(struct spawn *spawn)
{
    struct kin_plat_shell shell;
    int rc = kin_win32_batch_command_line(spawn->program, spawn->launch->argv, &spawn->command_line);
    if (rc == 0)
        rc = kin_plat_shell_open("", &shell);
    if (rc == 0) {
        rc = kin_win32_wide_path(shell.file, &spawn->application);
        kin_plat_shell_close(&shell);
    }
    return rc;
}

static int write_program_command(struct spawn *spawn)
{
    const struct kin_plat_launch *launch = spawn->launch;
    int rc = kin_win32_command_line(launch->argv, launch->verbatim_arguments, &spawn->command_line);
    return rc < 0 ? rc : kin_win32_wide(spawn->program, &spawn->application);
}

static int write_command(struct spawn *spawn)
{
    bool batch = kin_win32_is_batch_file(spawn->program);
    int rc = batch ? write_batch_command(spawn) : write_program_command(spawn);
    if (rc == KIN_EINVAL || rc == KIN_EILSEQ)
        return fail(spawn, rc, KIN_STAGE_OPTIONS, "argv");
    return rc < 0 ? fail(spawn, rc, KIN_STAGE_EXEC, spawn->launch->file) : 0;
}

static int make_job(struct spawn *spawn)
{
    const struct kin_plat_launch *launch = spawn->launch;
    kin_plat_process *process = spawn->process;
    if (!launch->tree && !launch->die_with_parent)
        return 0;

    DWORD error = kin_win32_job_make(launch->tree, launch->die_with_parent, &process->job);
    if (error != ERROR_SUCCESS)
        return kin_win32_fail_system(spawn->failure, error, KIN_STAGE_TREE, NULL);
    process->tree = launch->tree;
    return 0;
}

static int prepare_keeper(struct spawn *spawn)
{
    if (!spawn->launch->die_with_parent)
        return 0;
    int rc = kin_win32_keeper_make(&spawn->process->keeper);
    return rc < 0 ? fail(spawn, rc, KIN_STAGE_WATCH, NULL) : 0;
}

/* --------------------------------------------------------------------------------------------- CreateProcess --- */

/* A child with a handle of our console shall use our console; only then could it show that window. */
static bool uses_our_console(const struct spawn *spawn)
{
    for (size_t i = 0; i < spawn->slots.count; i++) {
        DWORD mode;
        if (GetConsoleMode(spawn->slots.handles[i], &mode))
            return true;
    }
    return false;
}

/*
 * How CreateProcess is told of jobs. There are two ways of leaving ours and two of entering the child's, and which of them the
 * system allows is only known from trying:
 *  - a job that we are in ourselves holds our children too. A detached one asks to be let out of it; a job that lets nobody out
 *    makes CreateProcess fail (Process Creation Flags). When we are in none, asking has no effect.
 *  - the child is in its own job from the start by a list of jobs, which needs Windows 10, and which some packaged programs
 *    are denied; else it is created suspended, and put into its job before its first instruction.
 */
struct way {
    bool break_away;
    bool assign;
};

static const struct way ways[] = {
    { .break_away = true, .assign = false },
    { .break_away = true, .assign = true },
    { .break_away = false, .assign = false },
    { .break_away = false, .assign = true },
};

/* Leaving is for the detached, entering for those with a job; job lists that were refused once are not tried again. */
static bool is_possible(const struct spawn *spawn, const struct way *way)
{
    bool has_job = spawn->process->job != NULL;
    if (way->break_away && !spawn->launch->detached)
        return false;
    return way->assign ? has_job : !has_job || !spawn->loop->assign_jobs;
}

/* A tree is a process group too, for console events; the system ignores CREATE_NO_WINDOW for a detached process. */
static DWORD creation_flags(const struct spawn *spawn, const struct way *way)
{
    const struct kin_plat_launch *launch = spawn->launch;
    DWORD flags = CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT;
    if (launch->tree || launch->detached)
        flags |= CREATE_NEW_PROCESS_GROUP;
    if (launch->detached)
        flags |= DETACHED_PROCESS;
    else if (launch->hidden && !uses_our_console(spawn))
        flags |= CREATE_NO_WINDOW;
    if (way->break_away)
        flags |= CREATE_BREAKAWAY_FROM_JOB;
    if (way->assign)
        flags |= CREATE_SUSPENDED;
    return flags;
}

/* Without a path to the program, CreateProcess would search on its own, also at C:\Program.exe. */
static DWORD create_process(struct spawn *spawn, const struct way *way, PROCESS_INFORMATION *created)
{
    struct kin_win32_startup startup;
    DWORD flags = creation_flags(spawn, way);
    DWORD error = kin_win32_startup_make(&startup, &spawn->slots, way->assign ? NULL : spawn->process->job);

    if (error == ERROR_SUCCESS) {
        BOOL done = CreateProcessW(spawn->application, spawn->command_line, NULL, NULL, TRUE, flags, spawn->environment,
                                   spawn->directory, &startup.info.StartupInfo, created);
        error = done ? ERROR_SUCCESS : GetLastError();
    }
    kin_win32_startup_free(&startup);
    return error;
}

/* Put into its job before its first instruction, so that nothing that it starts is outside. */
static DWORD assign_and_resume(struct spawn *spawn, PROCESS_INFORMATION *created)
{
    if (AssignProcessToJobObject(spawn->process->job, created->hProcess) && ResumeThread(created->hThread) != (DWORD)-1)
        return ERROR_SUCCESS;

    DWORD error = GetLastError();
    TerminateProcess(created->hProcess, 1);
    CloseHandle(created->hThread);
    CloseHandle(created->hProcess);
    spawn->not_into_job = true;
    return error;
}

static DWORD create_in_one_way(struct spawn *spawn, const struct way *way, PROCESS_INFORMATION *created)
{
    spawn->not_into_job = false;
    DWORD error = create_process(spawn, way, created);
    if (error != ERROR_SUCCESS || !way->assign)
        return error;

    error = assign_and_resume(spawn, created);
    if (error == ERROR_SUCCESS)
        spawn->loop->assign_jobs = true;
    return error;
}

static bool may_be_the_job(DWORD error)
{
    return error == ERROR_ACCESS_DENIED || error == ERROR_INVALID_PARAMETER || error == ERROR_NOT_SUPPORTED;
}

static DWORD create(struct spawn *spawn, PROCESS_INFORMATION *created)
{
    DWORD error = ERROR_ACCESS_DENIED;
    for (size_t i = 0; may_be_the_job(error) && i < sizeof ways / sizeof ways[0]; i++) {
        if (is_possible(spawn, &ways[i]))
            error = create_in_one_way(spawn, &ways[i], created);
    }
    return error;
}

static bool is_about_the_program(int code)
{
    return code == KIN_ENOENT || code == KIN_EACCES || code == KIN_ENOEXEC || code == KIN_ETXTBSY || code == KIN_E2BIG ||
           code == KIN_ELOOP;
}

static int creation_failed(const struct spawn *spawn, DWORD error)
{
    struct kin_plat_failure *failure = spawn->failure;

    if (spawn->not_into_job)
        return kin_win32_fail_system(failure, error, KIN_STAGE_TREE, NULL);
    if (error == ERROR_DIRECTORY) /* removed since we looked */
        return kin_win32_fail_system(failure, error, KIN_STAGE_CHDIR, spawn->launch->cwd);

    kin_win32_fail_system(failure, error, KIN_STAGE_EXEC, spawn->launch->file);
    if (error == ERROR_SHARING_VIOLATION)
        failure->code = KIN_ETXTBSY;
    if (error == ERROR_FILENAME_EXCED_RANGE) /* CreateProcess says so of its command line */
        failure->code = KIN_E2BIG;
    if (!is_about_the_program(failure->code))
        failure->stage = KIN_STAGE_LAUNCH;
    return failure->code;
}

static int start_process(struct spawn *spawn)
{
    PROCESS_INFORMATION created;

    DWORD error = kin_win32_slots_make_inheritable(&spawn->slots);
    if (error == ERROR_SUCCESS)
        error = create(spawn, &created);
    kin_win32_slots_close(&spawn->slots);
    if (error != ERROR_SUCCESS)
        return creation_failed(spawn, error);

    CloseHandle(created.hThread);
    kin_win32_process_started(spawn->process, created.hProcess, created.dwProcessId);
    return 0;
}

/* --------------------------------------------------------------------------------------------------- the whole --- */

/* In the order in which POSIX finds out, so that of two errors the same one is told. */
static int (*const steps[])(struct spawn *spawn) = {
    refuse_what_windows_lacks, prepare_watch, open_slots,     find_directory, read_own_environment, find_program, write_command,
    write_environment,         make_job,      prepare_keeper, start_process,
};

static void watch_pipes(const struct spawn *spawn)
{
    for (size_t i = 0; i < spawn->launch->slot_count; i++) {
        if (spawn->launch->slots[i].kind == KIN_PLAT_SLOT_PIPE_READ)
            kin_win32_pipe_watch(spawn->launch->slots[i].pipe);
    }
}

static void tell_channels(const struct spawn *spawn)
{
    for (size_t i = 0; i < spawn->launch->slot_count; i++) {
        if (spawn->launch->slots[i].kind == KIN_PLAT_SLOT_CHANNEL)
            kin_win32_channel_set_peer(spawn->launch->slots[i].pipe, spawn->process->handle, spawn->process->id);
    }
}

static void abandon(struct spawn *spawn)
{
    kin_win32_slots_abandon(&spawn->slots);
    if (spawn->process != NULL)
        kin_plat_process_close(spawn->process);
}

static void free_texts(struct spawn *spawn)
{
    free(spawn->directory);
    free(spawn->environment);
    free(spawn->command_line);
    free(spawn->application);
    free(spawn->program);
    kin_plat_environment_free(spawn->own_environment);
}

int kin_plat_spawn(kin_plat_loop *loop, struct kin_plat_launch *launch, void *owner, kin_plat_process **process,
                   struct kin_plat_failure *failure)
{
    struct spawn spawn = { .loop = loop, .launch = launch, .owner = owner, .failure = failure };
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < sizeof steps / sizeof steps[0]; i++)
        rc = steps[i](&spawn);
    if (rc == 0) {
        watch_pipes(&spawn);
        tell_channels(&spawn);
        *process = spawn.process;
    } else {
        abandon(&spawn);
    }
    free_texts(&spawn);
    return rc;
}
