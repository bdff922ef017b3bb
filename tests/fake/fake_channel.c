/* SPDX-License-Identifier: MIT */
/* Handles that travel, and what announces a channel: numbers that stand for them. */
#include "fake.h"

#include <stdio.h>
#include <string.h>

#define MOST_HANDLES 64
#define MOST_VARIABLES 8
#define FIRST_HANDLE 1000

struct handle {
    kin_handle_kind kind;
    bool open;
    const kin_plat_pipe *waits_in; /* it came, and core has not taken it */
};

static struct {
    struct handle handles[MOST_HANDLES];
    size_t handle_count;
    size_t accepted;
    intptr_t last_passed;
    kin_plat_pipe *opened;
    struct {
        char name[64];
        char value[128];
    } variables[MOST_VARIABLES];
} fake;

static kin_native_handle native_of(size_t index)
{
    return (kin_native_handle)(intptr_t)(FIRST_HANDLE + index);
}

static struct handle *handle_at(kin_native_handle native)
{
    const size_t index = (size_t)((intptr_t)native - FIRST_HANDLE);

    return (intptr_t)native >= FIRST_HANDLE && index < fake.handle_count ? &fake.handles[index] : NULL;
}

static size_t add_handle(kin_handle_kind kind, const kin_plat_pipe *waits_in)
{
    if (fake.handle_count == MOST_HANDLES)
        fake_breach("too many handles for a test");
    fake.handles[fake.handle_count] = (struct handle){ .kind = kind, .open = true, .waits_in = waits_in };
    return fake.handle_count++;
}

/* ------------------------------------------------------------------------------------------------------ core's side */

int kin_plat_channel_open(kin_plat_loop *loop, kin_native_handle in, kin_native_handle out, bool framed, void *owner,
                          kin_plat_pipe **pipe)
{
    (void)framed;
    if ((intptr_t)in < 0 || (intptr_t)out < 0)
        return KIN_EBADF;
    *pipe = fake_channel_open(loop, owner);
    fake.opened = *pipe;
    return 0;
}

int kin_plat_channel_inherited(int number, kin_native_handle *handle)
{
    if (number < 3)
        return KIN_EBADF;
    *handle = (kin_native_handle)(intptr_t)number;
    return 0;
}

void kin_plat_channel_accept(kin_plat_pipe *pipe, size_t most)
{
    (void)pipe;
    fake.accepted = most;
}

int kin_plat_channel_write(kin_plat_pipe *pipe, const void *data, size_t size, const struct kin_plat_handle *handle)
{
    const struct handle *known = handle_at(handle->native);
    int code;

    if (handle->kind == KIN_HANDLE_NONE)
        fake_breach("a handle without a kind");
    if (known == NULL || !known->open)
        return KIN_EBADF;
    code = kin_plat_pipe_write(pipe, data, size);
    if (code == 0)
        fake.last_passed = (intptr_t)handle->native;
    return code;
}

int kin_plat_channel_take(kin_plat_pipe *pipe, uint64_t number, struct kin_plat_handle *handle)
{
    (void)number;
    for (size_t i = 0; i < fake.handle_count; i++) {
        if (fake.handles[i].waits_in != pipe)
            continue;
        fake.handles[i].waits_in = NULL;
        *handle = (struct kin_plat_handle){ .kind = fake.handles[i].kind, .native = native_of(i) };
        return 0;
    }
    return KIN_ENOENT;
}

int kin_plat_handle_examine(kin_native_handle native, struct kin_plat_handle *handle)
{
    const struct handle *known = handle_at(native);

    if (known == NULL || !known->open)
        return KIN_EBADF;
    *handle = (struct kin_plat_handle){ .kind = known->kind, .native = native };
    return 0;
}

uint64_t kin_plat_handle_number(const struct kin_plat_handle *handle)
{
    return handle->kind == KIN_HANDLE_OTHER ? (uint64_t)(intptr_t)handle->native : 0;
}

void kin_plat_handle_close(const struct kin_plat_handle *handle)
{
    struct handle *known = handle_at(handle->native);

    if (known == NULL || !known->open)
        fake_breach("a handle is closed that is not open");
    else
        known->open = false;
}

int kin_plat_variable_read(const char *name, char *value, size_t size)
{
    for (size_t i = 0; i < MOST_VARIABLES; i++) {
        if (strcmp(fake.variables[i].name, name) == 0)
            return value == NULL ? (int)strlen(fake.variables[i].value) : snprintf(value, size, "%s", fake.variables[i].value);
    }
    return KIN_ENOENT;
}

void kin_plat_variable_remove(const char *name)
{
    fake_set_variable(name, NULL);
}

int kin_plat_self(char *path, size_t size)
{
    return snprintf(path, size, "/fake/self");
}

/* ---------------------------------------------------------------------------------------------------- the test's side */

kin_plat_pipe *fake_channel(void)
{
    return fake.opened;
}

intptr_t fake_child_passes(kin_plat_pipe *channel, kin_handle_kind kind)
{
    const size_t index = add_handle(kind, channel);

    if (fake.accepted == 0) {
        fake.handles[index].open = false;
        fake.handles[index].waits_in = NULL;
    }
    return (intptr_t)native_of(index);
}

kin_native_handle fake_handle(kin_handle_kind kind)
{
    return native_of(add_handle(kind, NULL));
}

intptr_t fake_last_passed(void)
{
    return fake.last_passed;
}

size_t fake_open_handles(void)
{
    size_t count = 0;

    for (size_t i = 0; i < fake.handle_count; i++)
        count += fake.handles[i].open && fake.handles[i].waits_in == NULL;
    return count;
}

void fake_set_variable(const char *name, const char *value)
{
    size_t free_place = MOST_VARIABLES;

    for (size_t i = MOST_VARIABLES; i-- > 0;) {
        if (strcmp(fake.variables[i].name, name) == 0)
            fake.variables[i].name[0] = '\0';
        if (fake.variables[i].name[0] == '\0')
            free_place = i;
    }
    if (value == NULL || free_place == MOST_VARIABLES)
        return;
    (void)snprintf(fake.variables[free_place].name, sizeof fake.variables[0].name, "%s", name);
    (void)snprintf(fake.variables[free_place].value, sizeof fake.variables[0].value, "%s", value);
}

void fake_channels_forget(void)
{
    memset(&fake, 0, sizeof fake);
}
