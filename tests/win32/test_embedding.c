/* SPDX-License-Identifier: MIT */
/*
 * The loop inside a foreign one, which waits for nothing but the handle and then takes what is there.
 */
#include "door.h"

#include <stdio.h>

enum { CHILDREN = 10 };

struct flood {
    struct door_child child;
    char argument[16];
    size_t expected;
    size_t received;
    char buffer[4096];
    bool ended;
};

static void read_more(struct flood *flood)
{
    ASSERT_INT_EQ(0, kin_plat_pipe_read(flood->child.slots[1].pipe, flood->buffer, sizeof flood->buffer));
}

static void start_flood(kin_plat_loop *loop, struct flood *flood, size_t size)
{
    flood->expected = size;
    flood->received = 0;
    flood->ended = false;
    snprintf(flood->argument, sizeof flood->argument, "%lu", (unsigned long)size);
    door_plan(&flood->child, "flood", flood->argument);
    flood->child.slots[1].kind = KIN_PLAT_SLOT_PIPE_WRITE;
    flood->child.slots[1].owner = flood;
    ASSERT_INT_EQ(0, door_start(loop, &flood->child));
    read_more(flood);
}

/* Returns how many things have come to their end. */
static int take_event(const struct kin_plat_event *event)
{
    if (event->kind == KIN_PLAT_EXIT) {
        struct door_child *child = event->owner;
        EXPECT_UINT_EQ(0, event->status.code);
        EXPECT_INT_EQ(1, ++child->exits);
        return 1;
    }
    struct flood *flood = event->owner;
    EXPECT_INT_EQ(KIN_PLAT_READ, event->kind);
    EXPECT_INT_EQ(0, event->code);
    flood->received += event->size;
    flood->ended = event->size == 0;
    if (!flood->ended)
        read_more(flood);
    return flood->ended;
}

static int take_what_is_there(kin_plat_loop *loop)
{
    struct kin_plat_event events[4];
    int ended = 0;
    int count = kin_plat_wait(loop, 0, events, 4);
    ASSERT_INT_GE(count, 0);
    for (int i = 0; i < count; i++)
        ended += take_event(&events[i]);
    return ended;
}

TEST_C(Win32Embedding, ForeignLoopHearsEverything)
{
    static struct flood floods[CHILDREN];
    kin_plat_loop *loop = door_open();
    int ended = 0;

    for (size_t i = 0; i < CHILDREN; i++)
        start_flood(loop, &floods[i], i * 50021);
    while (ended < 2 * CHILDREN) {
        ASSERT_INT_EQ(WAIT_OBJECT_0, WaitForSingleObject(kin_plat_loop_handle(loop), DOOR_PATIENCE_MS));
        ended += take_what_is_there(loop);
    }
    for (size_t i = 0; i < CHILDREN; i++) {
        EXPECT_SIZE_EQ(floods[i].expected, floods[i].received);
        door_close_child(&floods[i].child);
    }
    EXPECT_INT_EQ(0, take_what_is_there(loop));
    EXPECT_FALSE(door_signalled(loop));
    kin_plat_loop_close(loop);
}
