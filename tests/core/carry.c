/* SPDX-License-Identifier: MIT */
/* kin_stream_pipe(): one stream into another, with a failure on either side. */
#include "scene.h"

#include <stdlib.h>
#include <string.h>

/* The child whose output is carried is `child`; where it goes is a file. */
static kin_stream *target;

static void open_target(void)
{
    ASSERT_INT_EQ(0, kin_stream_open_file(loop, "file", KIN_FILE_TRUNCATE, &target, NULL));
}

static void carry(kin_pipe_flags flags)
{
    kin_spawn_options options = usual_options();

    options.out = (kin_stdio){ .kind = KIN_STDIO_PIPE };
    open_target();
    start_with(&options);
    ASSERT_INT_EQ(0, kin_stream_pipe(out(), target, flags, note_carried, NULL));
}

static const char *arrived(void)
{
    return fake_written(fake_file(), NULL);
}

static void release_target(void)
{
    kin_stream_release(target);
}

static void close_target(void)
{
    kin_stream_close(target);
}

TEST_C(Carry, EverythingAndTheEnd)
{
    carry(KIN_PIPE_DEFAULT);
    fake_child_says(fake_pipe(1), "one ");
    settle_down();
    fake_child_says(fake_pipe(1), "two");
    fake_child_ends(fake_pipe(1));
    settle_down();
    EXPECT_STR_EQ("one two", arrived());
    EXPECT_STR_EQ("carried(ok 7)", noted());
    EXPECT_TRUE(fake_is_closed(fake_file()));
    fake_exits(fake_process(), 0);
    run();
    EXPECT_STR_EQ("carried(ok 7) exit(exited 0) close(exited 0)", noted());
    release_target();
}

TEST_C(Carry, KeepsTheTargetOpenIfAsked)
{
    carry(KIN_PIPE_KEEP_OPEN);
    fake_child_says(fake_pipe(1), "one");
    fake_child_ends(fake_pipe(1));
    settle_down();
    EXPECT_STR_EQ("carried(ok 3)", noted());
    EXPECT_FALSE(fake_is_closed(fake_file()));
    EXPECT_INT_EQ(0, kin_stream_write(target, "!", 1, NULL, NULL));
    settle_down();
    EXPECT_STR_EQ("one!", arrived());
    release_target();
}

TEST_C(Carry, IsAsFastAsTheSlowerOne)
{
    static char block[300 * 1000];

    memset(block, 'x', sizeof block);
    carry(KIN_PIPE_DEFAULT);
    fake_child_reads(fake_file(), 0);
    fake_child_writes(fake_pipe(1), block, sizeof block);
    fake_child_ends(fake_pipe(1));
    settle_down();
    EXPECT_SIZE_EQ(1, fake_reads_of(fake_pipe(1)));
    for (int i = 0; i < 600; i++) {
        fake_child_reads(fake_file(), 1000);
        turn();
        turn();
    }
    EXPECT_STR_EQ("carried(ok 300000)", noted());
    EXPECT_SIZE_EQ(sizeof block, strlen(arrived()));
    release_target();
}

TEST_C(Carry, OfNothing)
{
    carry(KIN_PIPE_DEFAULT);
    fake_child_ends(fake_pipe(1));
    settle_down();
    EXPECT_STR_EQ("carried(ok 0)", noted());
    EXPECT_TRUE(fake_is_closed(fake_file()));
    release_target();
}

TEST_C(Carry, AReadErrorClosesBoth)
{
    carry(KIN_PIPE_KEEP_OPEN);
    fake_child_says(fake_pipe(1), "one");
    fake_read_fails(fake_pipe(1), KIN_EIO);
    settle_down();
    EXPECT_STR_EQ("carried(EIO 3)", noted());
    EXPECT_TRUE(fake_is_closed(fake_file()));
    EXPECT_TRUE(fake_is_closed(fake_pipe(1)));
    release_target();
}

TEST_C(Carry, AWriteErrorClosesBoth)
{
    carry(KIN_PIPE_DEFAULT);
    settle_down();
    fake_write_fails(fake_file(), KIN_ENOSPC);
    fake_child_says(fake_pipe(1), "one");
    settle_down();
    EXPECT_STR_EQ("carried(ENOSPC 3)", noted());
    EXPECT_TRUE(fake_is_closed(fake_file()));
    EXPECT_TRUE(fake_is_closed(fake_pipe(1)));
    release_target();
}

TEST_C(Carry, AHangupOfTheTargetClosesBoth)
{
    carry(KIN_PIPE_DEFAULT);
    settle_down();
    fake_hangs_up(fake_file());
    settle_down();
    EXPECT_STR_EQ("carried(EPIPE 0)", noted());
    EXPECT_TRUE(fake_is_closed(fake_pipe(1)));
    release_target();
}

TEST_C(Carry, ATargetThatIsClosedByTheUser)
{
    carry(KIN_PIPE_DEFAULT);
    settle_down();
    close_target();
    settle_down();
    EXPECT_STR_EQ("carried(ECANCELED 0)", noted());
    EXPECT_TRUE(fake_is_closed(fake_pipe(1)));
    release_target();
}

TEST_C(Carry, ATargetThatIsClosedWithAWriteUnderWay)
{
    carry(KIN_PIPE_DEFAULT);
    fake_child_reads(fake_file(), 0);
    fake_child_says(fake_pipe(1), "one");
    settle_down();
    fake_hold_cancelled(fake_file());
    close_target();
    settle_down();
    EXPECT_STR_EQ("", noted());
    fake_release_cancelled(fake_file());
    settle_down();
    EXPECT_STR_EQ("carried(ECANCELED 3)", noted());
    release_target();
}

TEST_C(Carry, ASourceThatIsClosedByTheUser)
{
    carry(KIN_PIPE_KEEP_OPEN);
    fake_child_reads(fake_file(), 0);
    fake_child_says(fake_pipe(1), "one");
    settle_down();
    kin_stream_close(out());
    settle_down();
    EXPECT_STR_EQ("carried(ECANCELED 3)", noted());
    EXPECT_TRUE(fake_is_closed(fake_file()));
    release_target();
}

TEST_C(Carry, ATargetThatIsEndedByTheUser)
{
    carry(KIN_PIPE_DEFAULT);
    settle_down();
    kin_stream_end(target);
    settle_down();
    fake_child_says(fake_pipe(1), "one");
    settle_down();
    EXPECT_SIZE_EQ(1, count_of("carried("));
    EXPECT_SIZE_EQ(0, count_of("carried(ok"));
    EXPECT_TRUE(fake_is_closed(fake_pipe(1)));
    release_target();
}

TEST_C(Carry, ATargetThatIsReleasedByTheUser)
{
    carry(KIN_PIPE_DEFAULT);
    settle_down();
    release_target();
    settle_down();
    fake_child_says(fake_pipe(1), "one");
    settle_down();
    EXPECT_SIZE_EQ(1, count_of("carried("));
    EXPECT_TRUE(fake_is_closed(fake_pipe(1)));
}

/* The buffer that the target writes belongs to a stream whose child has gone. */
TEST_C(Carry, TheLentBufferOutlivesItsChild)
{
    carry(KIN_PIPE_DEFAULT);
    fake_child_reads(fake_file(), 0);
    fake_child_says(fake_pipe(1), "lent");
    settle_down();
    fake_hold_cancelled(fake_file());
    fake_exits(fake_process(), 0);
    release_child();
    settle_down();
    EXPECT_TRUE(fake_is_under_way(fake_file()));
    fake_release_cancelled(fake_file());
    settle_down();
    EXPECT_STR_EQ("carried(ECANCELED 4)", noted());
    release_target();
}

TEST_C(Carry, TheTargetMayTakeTheLentBytesInTheEnd)
{
    carry(KIN_PIPE_DEFAULT);
    fake_child_reads(fake_file(), 0);
    fake_child_says(fake_pipe(1), "lent");
    settle_down();
    fake_child_ends(fake_pipe(1));
    fake_exits(fake_process(), 0);
    settle_down();
    fake_child_reads(fake_file(), 100);
    run();
    EXPECT_STR_EQ("exit(exited 0) carried(ok 4) close(exited 0)", noted());
    EXPECT_STR_EQ("lent", arrived());
    release_target();
}

/* Somebody resumes a stream that the carrying has paused: the buffer is lent and must not be read into. */
TEST_C(Carry, AResumeDoesNotOverwriteTheLentBuffer)
{
    carry(KIN_PIPE_DEFAULT);
    fake_child_reads(fake_file(), 0);
    fake_child_says(fake_pipe(1), "first ");
    settle_down();
    kin_stream_resume(out());
    fake_child_says(fake_pipe(1), "second");
    settle_down();
    fake_child_reads(fake_file(), 100);
    settle_down();
    fake_child_ends(fake_pipe(1));
    settle_down();
    EXPECT_STR_EQ("first second", arrived());
    EXPECT_STR_EQ("carried(ok 12)", noted());
    release_target();
}

static const struct {
    const char *name;
    void (*act)(void);
} last_acts[] = {
    { "release_child", release_child }, { "release_target", release_target }, { "release_loop", release_loop },
    { "close_source", close_out },      { "close_target", close_target },
};

TEST_CP(Carry, AnythingMayBeDoneInTheCallback, last_acts)
{
    carry(KIN_PIPE_DEFAULT);
    act_in("carried", row->act);
    fake_child_says(fake_pipe(1), "one");
    fake_child_ends(fake_pipe(1));
    settle_down();
    EXPECT_STR_EQ("carried(ok 3)", noted());
}

TEST_CP(Carry, AnythingMayBeDoneInTheCallbackOfAFailure, last_acts)
{
    carry(KIN_PIPE_DEFAULT);
    act_in("carried", row->act);
    fake_child_reads(fake_file(), 0);
    fake_child_says(fake_pipe(1), "one");
    settle_down();
    fake_write_fails(fake_file(), KIN_EIO);
    settle_down();
    EXPECT_STR_EQ("carried(EIO 3)", noted());
}

TEST_C(Carry, TheReleaseOfTheLoopTellsIt)
{
    carry(KIN_PIPE_DEFAULT);
    fake_child_reads(fake_file(), 0);
    fake_child_says(fake_pipe(1), "one");
    settle_down();
    release_loop();
    EXPECT_STR_EQ("carried(ECANCELED 3)", noted());
}

TEST_C(Carry, TheReleaseOfAnIdleCarryingTellsIt)
{
    carry(KIN_PIPE_DEFAULT);
    settle_down();
    release_child();
    settle_down();
    EXPECT_STR_EQ("carried(ECANCELED 0)", noted());
    release_target();
}

/* From a child into a child, which goes first. */
TEST_C(Carry, IntoAChildThatIsReleased)
{
    kin_spawn_options options = usual_options();
    kin_child *reader = NULL;
    kin_plat_pipe *input;

    options.out = (kin_stdio){ .kind = KIN_STDIO_IGNORE };
    options.on_exit = NULL;
    options.on_close = NULL;
    ASSERT_INT_EQ(0, kin_spawn(loop, &options, &reader));
    input = fake_pipe(0);
    options.out = (kin_stdio){ .kind = KIN_STDIO_PIPE };
    start_with(&options);
    ASSERT_INT_EQ(0, kin_stream_pipe(out(), kin_child_stream(reader, 0), KIN_PIPE_DEFAULT, note_carried, NULL));
    fake_child_reads(input, 1);
    fake_child_says(fake_pipe(1), "abc");
    settle_down();
    kin_child_release(reader);
    settle_down();
    EXPECT_STR_EQ("carried(ECANCELED 3)", noted());
    EXPECT_TRUE(fake_is_closed(fake_pipe(1)));
    EXPECT_TRUE(fake_is_closed(input));
}

TEST_C(Carry, FromAChildIntoItself)
{
    kin_spawn_options options = usual_options();

    options.out = (kin_stdio){ .kind = KIN_STDIO_PIPE };
    start_with(&options);
    ASSERT_INT_EQ(0, kin_stream_pipe(out(), in(), KIN_PIPE_DEFAULT, note_carried, NULL));
    fake_child_says(fake_pipe(1), "round");
    settle_down();
    EXPECT_STR_EQ("round", fake_written(fake_pipe(0), NULL));
    release_child();
    settle_down();
    EXPECT_STR_EQ("carried(ECANCELED 5)", noted());
}

TEST_C(Carry, RefusesWhatMakesNoSense)
{
    kin_loop *other = NULL;
    kin_stream *foreign = NULL;

    start();
    open_target();
    ASSERT_INT_EQ(0, kin_loop_create(&other));
    ASSERT_INT_EQ(0, kin_stream_open_file(other, "file", KIN_FILE_READ, &foreign, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_pipe(out(), target, KIN_PIPE_DEFAULT, NULL, NULL)); /* is being read */
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_pipe(in(), target, KIN_PIPE_DEFAULT, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_pipe(foreign, target, KIN_PIPE_DEFAULT, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_pipe(NULL, target, KIN_PIPE_DEFAULT, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_pipe(foreign, NULL, KIN_PIPE_DEFAULT, NULL, NULL));
    kin_stream_release(foreign);
    kin_loop_release(other);
    release_target();
    release_child();
    settle_down();
    carry(KIN_PIPE_DEFAULT);
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_pipe(out(), target, KIN_PIPE_DEFAULT, NULL, NULL)); /* twice */
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_on_data(out(), note_data, NULL, NULL));
    release_target();
}
