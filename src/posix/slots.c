/* SPDX-License-Identifier: MIT */
#include "slots.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "backend.h"
#include "channel.h"
#include "descriptor.h"
#include "error.h"
#include "file.h"

static const char null_device[] = "/dev/null";

const char *kin_posix_slot_name(size_t number)
{
    static const char *const names[] = { "stdin", "stdout", "stderr" };

    return number < sizeof names / sizeof names[0] ? names[number] : "extra";
}

/* ------------------------------------------------------------------------------------------------------------- by kind --- */

static int use_null(struct kin_posix_slots *slots, size_t number, struct kin_plat_failure *failure)
{
    int os_error = 0;

    if (slots->null < 0)
        os_error = kin_posix_descriptor_open(null_device, O_RDWR, &slots->null);
    slots->sources[number] = slots->null;
    return os_error == 0 ? 0 : kin_posix_fail(failure, KIN_STAGE_OPEN, os_error, null_device);
}

static int use_inherited(struct kin_posix_slots *slots, size_t number, struct kin_plat_failure *failure)
{
    if (!kin_posix_descriptor_is_open((int)number))
        return use_null(slots, number, failure);
    slots->sources[number] = (int)number;
    return 0;
}

static int use_handle(struct kin_posix_slots *slots, size_t number, int handle, struct kin_plat_failure *failure)
{
    if (!kin_posix_descriptor_is_open(handle))
        return kin_posix_fail(failure, KIN_STAGE_STDIO, EBADF, kin_posix_slot_name(number));
    slots->sources[number] = handle;
    return 0;
}

static int use_file(struct kin_posix_slots *slots, size_t number, const struct kin_plat_slot *slot,
                    struct kin_plat_failure *failure)
{
    const int os_error = kin_posix_descriptor_open(slot->path, kin_posix_file_flags(slot->mode), &slots->opened[number]);

    slots->sources[number] = slots->opened[number];
    return os_error == 0 ? 0 : kin_posix_fail(failure, KIN_STAGE_OPEN, os_error, slot->path);
}

/* The ends are separate open files: that ours does not block is not seen by the child (edge case F08). */
static int use_pipe(struct kin_posix_slots *slots, size_t number, struct kin_plat_slot *slot, kin_plat_loop *loop,
                    struct kin_plat_failure *failure)
{
    const bool child_reads = slot->kind == KIN_PLAT_SLOT_PIPE_READ;
    const unsigned interest = child_reads ? KIN_POSIX_WRITABLE : KIN_POSIX_READABLE;
    int ours = -1;
    int *theirs = &slots->opened[number];
    int os_error = child_reads ? kin_posix_descriptor_pipe(theirs, &ours) : kin_posix_descriptor_pipe(&ours, theirs);

    if (os_error == 0)
        os_error = kin_posix_pipe_make(loop, ours, S_IFIFO, interest, slot->owner, &slot->pipe);
    slots->sources[number] = *theirs;
    if (os_error == 0)
        return 0;
    kin_posix_descriptor_close(&ours);
    return kin_posix_fail(failure, KIN_STAGE_PIPE, os_error, kin_posix_slot_name(number));
}

/* Ours does not block, the child's does, as Node's children have it: the two ends are separate open files. */
static int use_channel(struct kin_posix_slots *slots, size_t number, struct kin_plat_slot *slot, kin_plat_loop *loop,
                       struct kin_plat_failure *failure)
{
    int ours = -1;
    int os_error = kin_posix_channel_pair(&ours, &slots->opened[number]);

    if (os_error == 0)
        os_error = kin_posix_pipe_make_socket(loop, ours, slot->owner, &slot->pipe);
    slots->sources[number] = slots->opened[number];
    if (os_error == 0)
        return 0;
    kin_posix_descriptor_close(&ours);
    return kin_posix_fail(failure, KIN_STAGE_PIPE, os_error, kin_posix_slot_name(number));
}

static int use(struct kin_posix_slots *slots, size_t number, kin_plat_loop *loop, struct kin_plat_launch *launch,
               struct kin_plat_failure *failure)
{
    struct kin_plat_slot *slot = &launch->slots[number];

    switch (slot->kind) {
    case KIN_PLAT_SLOT_NULL:
        return use_null(slots, number, failure);
    case KIN_PLAT_SLOT_INHERIT:
        return use_inherited(slots, number, failure);
    case KIN_PLAT_SLOT_PIPE_READ:
    case KIN_PLAT_SLOT_PIPE_WRITE:
        return use_pipe(slots, number, slot, loop, failure);
    case KIN_PLAT_SLOT_FILE:
        return use_file(slots, number, slot, failure);
    case KIN_PLAT_SLOT_HANDLE:
        return use_handle(slots, number, slot->handle, failure);
    case KIN_PLAT_SLOT_CHANNEL:
        return use_channel(slots, number, slot, loop, failure);
    case KIN_PLAT_SLOT_SAME:
        break; /* when all others are known */
    }
    return 0;
}

/* ----------------------------------------------------------------------------------------------------------- all of them --- */

static int allocate(struct kin_posix_slots *slots, size_t count)
{
    int *numbers = malloc(3 * count * sizeof *numbers);

    *slots = (struct kin_posix_slots){ .null = -1 };
    if (numbers == NULL)
        return ENOMEM;
    for (size_t i = 0; i < 3 * count; i++)
        numbers[i] = -1;
    slots->sources = numbers;
    slots->opened = numbers + count;
    slots->scratch = numbers + 2 * count;
    slots->count = count;
    return 0;
}

static void resolve_same(struct kin_posix_slots *slots, const struct kin_plat_launch *launch)
{
    for (size_t i = 0; i < slots->count; i++) {
        if (launch->slots[i].kind == KIN_PLAT_SLOT_SAME)
            slots->sources[i] = slots->sources[launch->slots[i].same_as];
    }
}

int kin_posix_slots_open(struct kin_posix_slots *slots, kin_plat_loop *loop, struct kin_plat_launch *launch,
                         struct kin_plat_failure *failure)
{
    const int os_error = allocate(slots, launch->slot_count);
    int code = 0;

    for (size_t i = 0; i < launch->slot_count; i++)
        launch->slots[i].pipe = NULL;
    if (os_error != 0)
        return kin_posix_fail(failure, KIN_STAGE_MEMORY, os_error, NULL);
    for (size_t i = 0; i < slots->count && code == 0; i++)
        code = use(slots, i, loop, launch, failure);
    if (code == 0) {
        resolve_same(slots, launch);
    } else {
        kin_posix_slots_close_pipes(launch);
        kin_posix_slots_close(slots);
    }
    return code;
}

void kin_posix_slots_close(struct kin_posix_slots *slots)
{
    for (size_t i = 0; i < slots->count; i++)
        kin_posix_descriptor_close(&slots->opened[i]);
    kin_posix_descriptor_close(&slots->null);
    free(slots->sources);
    *slots = (struct kin_posix_slots){ .null = -1 };
}

void kin_posix_slots_close_pipes(struct kin_plat_launch *launch)
{
    for (size_t i = 0; i < launch->slot_count; i++) {
        if (launch->slots[i].pipe != NULL)
            kin_plat_pipe_close(launch->slots[i].pipe);
        launch->slots[i].pipe = NULL;
    }
}
