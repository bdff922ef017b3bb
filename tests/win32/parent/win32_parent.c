/* SPDX-License-Identifier: MIT */
/*
 * A parent that uses kin, for tests of what becomes of its child when it ends. Unlike the tests it may be ended.
 *
 *      kin_win32_parent OPTION… -- VERB [ARGUMENT…]
 *
 * Starts the test child with the verb, waits until it says something, says "<id of the child> <what it said>", and sleeps until
 * it is terminated.
 */
#include "../../../src/win32/system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../src/platform.h"

#define CHILD_NAME "kin_win32_child.exe"
#define ENOUGH_MS 60000

struct parent {
    struct kin_plat_slot slots[3];
    struct kin_plat_launch launch;
    bool release; /* lets go of the child and the loop */
    bool leave;   /* ends by itself */
    kin_plat_loop *loop;
    kin_plat_process *process;
    char text[64];
};

static const char *child_path(void)
{
    static char path[1024];
    DWORD size = GetModuleFileNameA(NULL, path, sizeof path - sizeof CHILD_NAME);
    while (size > 0 && path[size - 1] != '\\')
        size--;
    memcpy(path + size, CHILD_NAME, sizeof CHILD_NAME);
    return path;
}

/* Our own end closes the job, and so ends who is in it. */
static void enter_a_job(DWORD limits)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION information = { 0 };
    HANDLE job = CreateJobObjectW(NULL, NULL);
    information.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | limits;
    if (!SetInformationJobObject(job, JobObjectExtendedLimitInformation, &information, sizeof information) ||
        !AssignProcessToJobObject(job, GetCurrentProcess()))
        ExitProcess(8);
}

static void take_option(struct parent *parent, const char *option)
{
    if (strcmp(option, "tree") == 0)
        parent->launch.tree = true;
    else if (strcmp(option, "detached") == 0)
        parent->launch.detached = true;
    else if (strcmp(option, "die") == 0)
        parent->launch.die_with_parent = true;
    else if (strcmp(option, "release") == 0)
        parent->release = true;
    else if (strcmp(option, "leave") == 0)
        parent->leave = true;
    else if (strcmp(option, "closed-job") == 0)
        enter_a_job(0);
    else if (strcmp(option, "open-job") == 0)
        enter_a_job(JOB_OBJECT_LIMIT_BREAKAWAY_OK);
    else
        ExitProcess(2);
}

static void plan(struct parent *parent, char **argv)
{
    argv[0] = (char *)(uintptr_t)child_path();
    parent->slots[1].kind = KIN_PLAT_SLOT_PIPE_WRITE;
    parent->launch.file = argv[0];
    parent->launch.argv = (const char *const *)argv;
    parent->launch.slots = parent->slots;
    parent->launch.slot_count = 3;
}

static int start(struct parent *parent)
{
    struct kin_plat_failure failure;
    struct kin_plat_event event = { 0 };

    int rc = kin_plat_loop_open(NULL, &parent->loop);
    if (rc == 0)
        rc = kin_plat_spawn(parent->loop, &parent->launch, NULL, &parent->process, &failure);
    if (rc == 0)
        rc = kin_plat_pipe_read(parent->slots[1].pipe, parent->text, sizeof parent->text - 1);
    if (rc == 0)
        rc = kin_plat_wait(parent->loop, ENOUGH_MS, &event, 1) == 1 ? event.code : KIN_ETIMEDOUT;
    return rc;
}

static void say(const char *line)
{
    DWORD written;
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), line, (DWORD)strlen(line), &written, NULL);
}

static void release(struct parent *parent)
{
    kin_plat_pipe_close(parent->slots[1].pipe);
    kin_plat_process_close(parent->process);
    kin_plat_loop_close(parent->loop);
}

int main(int argc, char **argv)
{
    static struct parent parent;
    char line[128];
    int i = 1;

    for (; i < argc && strcmp(argv[i], "--") != 0; i++)
        take_option(&parent, argv[i]);
    if (i >= argc)
        return 2;
    plan(&parent, argv + i);
    if (start(&parent) != 0)
        return 9;

    snprintf(line, sizeof line, "%lu %s", (DWORD)kin_plat_process_id(parent.process), parent.text);
    if (parent.release)
        release(&parent);
    say(line);
    if (!parent.leave)
        Sleep(ENOUGH_MS);
    return 0;
}
