/* SPDX-License-Identifier: MIT */
#include "door.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ERROR_OF_WINE 1359

/* A program beside this one. */
static const char *find_program(const char *name, char *path, DWORD size)
{
    DWORD length = GetModuleFileNameA(NULL, path, size);
    while (length > 0 && path[length - 1] != '\\')
        length--;
    snprintf(path + length, size - length, "%s", name);
    return path;
}

const char *door_child_path(void)
{
    static char path[1024];
    const char *given = getenv("KIN_TEST_WIN32_CHILD");
    return given != NULL ? given : find_program("kin_win32_child.exe", path, sizeof path);
}

const char *door_parent_path(void)
{
    static char path[1024];
    return find_program("kin_win32_parent.exe", path, sizeof path);
}

bool door_lives(DWORD id)
{
    HANDLE handle = OpenProcess(SYNCHRONIZE, FALSE, id);
    if (handle == NULL)
        return false;
    bool alive = WaitForSingleObject(handle, 0) == WAIT_TIMEOUT;
    CloseHandle(handle);
    return alive;
}

bool door_ends_soon(DWORD id)
{
    HANDLE handle = OpenProcess(SYNCHRONIZE, FALSE, id);
    if (handle == NULL)
        return true;
    bool ended = WaitForSingleObject(handle, 5000) == WAIT_OBJECT_0;
    CloseHandle(handle);
    return ended;
}

void door_end_process(DWORD id)
{
    HANDLE handle = OpenProcess(PROCESS_TERMINATE, FALSE, id);
    if (handle != NULL) {
        TerminateProcess(handle, 1);
        CloseHandle(handle);
    }
}

bool door_under_wine(void)
{
    return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != NULL;
}

kin_plat_loop *door_open(void)
{
    kin_plat_loop *loop = NULL;
    ASSERT_INT_EQ(0, kin_plat_loop_open(&loop, &loop));
    return loop;
}

int door_wait(kin_plat_loop *loop, struct kin_plat_event *events, size_t capacity)
{
    uint64_t deadline = kin_plat_now_ns() + (uint64_t)DOOR_PATIENCE_MS * 1000000U;
    int count = 0;
    while (count == 0 && kin_plat_now_ns() < deadline)
        count = kin_plat_wait(loop, 1000, events, capacity);
    ASSERT_TRUE(count > 0);
    return count;
}

struct kin_plat_event door_expect(kin_plat_loop *loop, enum kin_plat_event_kind kind, const void *owner)
{
    struct kin_plat_event event;
    door_wait(loop, &event, 1);
    EXPECT_INT_EQ(kind, event.kind);
    EXPECT_TRUE(event.owner == owner);
    return event;
}

void door_expect_silence(kin_plat_loop *loop)
{
    struct kin_plat_event event;
    EXPECT_INT_EQ(0, kin_plat_wait(loop, 50, &event, 1));
}

bool door_signalled(const kin_plat_loop *loop)
{
    return WaitForSingleObject(kin_plat_loop_handle(loop), 0) == WAIT_OBJECT_0;
}

void door_plan(struct door_child *child, const char *verb, const char *argument)
{
    *child = (struct door_child){ .argv = { door_child_path(), verb, argument } };
    child->launch = (struct kin_plat_launch){
        .file = door_child_path(),
        .argv = child->argv,
        .slots = child->slots,
        .slot_count = 3,
    };
    for (size_t i = 0; i < DOOR_SLOTS; i++)
        child->slots[i].owner = &child->slots[i];
}

/* Wine refuses a start now and then with an error of its own, when many run at once. */
int door_start(kin_plat_loop *loop, struct door_child *child)
{
    int rc = 0;
    for (int attempt = 0; attempt < 3; attempt++) {
        rc = kin_plat_spawn(loop, &child->launch, child, &child->process, &child->failure);
        if (rc == 0 || child->failure.os_code != ERROR_OF_WINE)
            break;
    }
    return rc;
}

static void keep_text(struct door_child *child, size_t size)
{
    size_t room = sizeof child->text - 1 - child->text_size;
    if (size > room)
        size = room;
    memcpy(child->text + child->text_size, child->buffer, size);
    child->text_size += size;
}

static void read_more(struct door_child *child)
{
    ASSERT_INT_EQ(0, kin_plat_pipe_read(child->slots[1].pipe, child->buffer, sizeof child->buffer));
}

static void take_event(struct door_child *child, const struct kin_plat_event *event)
{
    if (event->kind == KIN_PLAT_EXIT && event->owner == child) {
        child->status = event->status;
        child->exits++;
    } else if (event->kind == KIN_PLAT_READ && event->owner == &child->slots[1]) {
        EXPECT_INT_EQ(0, event->code);
        keep_text(child, event->size);
        child->drained = event->size == 0;
        if (!child->drained)
            read_more(child);
    }
}

void door_finish(kin_plat_loop *loop, struct door_child *child)
{
    child->drained = child->slots[1].pipe == NULL;
    if (!child->drained)
        read_more(child);
    while (child->exits == 0 || !child->drained) {
        struct kin_plat_event events[8];
        int count = door_wait(loop, events, sizeof events / sizeof events[0]);
        for (int i = 0; i < count; i++)
            take_event(child, &events[i]);
    }
}

const char *door_hear(kin_plat_loop *loop, struct door_child *child)
{
    ASSERT_INT_EQ(0, kin_plat_pipe_read(child->slots[1].pipe, child->buffer, sizeof child->buffer - 1));
    struct kin_plat_event event = door_expect(loop, KIN_PLAT_READ, &child->slots[1]);
    child->buffer[event.size] = '\0';
    return child->buffer;
}

void door_close_child(struct door_child *child)
{
    for (size_t i = 0; i < child->launch.slot_count; i++) {
        if (child->slots[i].pipe != NULL)
            kin_plat_pipe_close(child->slots[i].pipe);
        child->slots[i].pipe = NULL;
    }
    if (child->process != NULL)
        kin_plat_process_close(child->process);
    child->process = NULL;
}

void door_run(kin_plat_loop *loop, struct door_child *child, const char *verb, const char *argument)
{
    door_plan(child, verb, argument);
    child->slots[1].kind = KIN_PLAT_SLOT_PIPE_WRITE;
    ASSERT_INT_EQ(0, door_start(loop, child));
    door_finish(loop, child);
    door_close_child(child);
}
