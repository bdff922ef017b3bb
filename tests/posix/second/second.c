/* SPDX-License-Identifier: MIT */
#include "second.h"

#include <string.h>

#include "../door.h"

static kin_plat_loop *loop;
static struct door_child child;

static int start(bool tree, bool die_with_parent)
{
    int code = kin_plat_loop_open(NULL, &loop);

    if (code != 0)
        return code;
    door_plan(&child, "cat", NULL);
    child.slots[0].kind = KIN_PLAT_SLOT_PIPE_READ;
    child.launch.tree = tree;
    child.launch.die_with_parent = die_with_parent;
    code = door_start(loop, &child);
    if (code != 0)
        kin_plat_loop_close(loop);
    return code;
}

static long id(void)
{
    return (long)kin_plat_process_id(child.process);
}

static bool repeats(void)
{
    struct kin_plat_event event;

    return kin_plat_pipe_write(child.slots[0].pipe, "line\n", 5) == 0 && door_expect(loop, &child, KIN_PLAT_WRITE, &event) &&
           door_read_line(loop, &child) && strcmp(child.text, "line") == 0;
}

static int kill_child(int signal)
{
    return kin_plat_process_signal(child.process, signal, child.launch.tree);
}

static int finish(void)
{
    const bool finished = door_finish(loop, &child);

    kin_plat_loop_close(loop);
    return finished ? child.exits : -1;
}

static int signal_of(void)
{
    return child.status.signal;
}

__attribute__((visibility("default"))) const struct second *second_in_module(void);

const struct second *second_in_module(void)
{
    static const struct second functions = { start, id, repeats, kill_child, finish, signal_of };

    return &functions;
}
