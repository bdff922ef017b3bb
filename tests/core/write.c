/* SPDX-License-Identifier: MIT */
/* The writing half: what leaves, when, and what each write is told. */
#include "scene.h"

#include <stdlib.h>
#include <string.h>

static void expect_written(const char *text)
{
    EXPECT_STR_EQ(text, fake_written(fake_pipe(0), NULL));
}

TEST_C(Write, ACopyIsTheCallersAgainAtOnce)
{
    char text[] = "copy";

    start();
    EXPECT_INT_EQ(0, kin_stream_write(in(), text, 4, note_written, NULL));
    memset(text, 'x', 4);
    EXPECT_SIZE_EQ(4, kin_stream_queued(in()));
    settle_down();
    expect_written("copy");
    EXPECT_SIZE_EQ(0, kin_stream_queued(in()));
}

TEST_C(Write, ABorrowedOneIsNotCopied)
{
    static const char text[] = "lent";

    start();
    EXPECT_INT_EQ(0, kin_stream_write_borrowed(in(), text, 4, note_written, NULL));
    EXPECT_INT_EQ(0, kin_stream_write_borrowed(in(), text, 4, NULL, NULL));
    settle_down();
    settle_down();
    expect_written("lentlent");
    EXPECT_STR_EQ("written(ok)", noted());
}

TEST_C(Write, ManySmallOnesLeaveInOne)
{
    start();
    for (int i = 0; i < 1000; i++)
        kin_stream_write(in(), i % 2 == 0 ? "a" : "b", 1, note_written, NULL);
    settle_down();
    EXPECT_SIZE_EQ(1, fake_writes_of(fake_pipe(0)));
    EXPECT_SIZE_EQ(1000, count_of("written(ok)"));
    EXPECT_SIZE_EQ(1000, strlen(fake_written(fake_pipe(0), NULL)));
    EXPECT_STR_CONTAINS("ababab", fake_written(fake_pipe(0), NULL));
}

static const char *fill(char *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        data[i] = (char)('a' + i * 7 % 26);
    return data;
}

/* Small, large and small: the order stays, whatever goes together. */
TEST_C(Write, LargeOnesKeepTheirPlace)
{
    const size_t sizes[] = { 3, 100 * 1000, 5, 70 * 1000, 16 * 1024, 16 * 1024 - 1, 0, 64 * 1024, 1, 60 * 1000, 9000 };
    char *expected = malloc(1000 * 1000);
    size_t total = 0;
    size_t written;

    ASSERT_NOT_NULL(expected);
    fill(expected, 1000 * 1000);
    start();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        EXPECT_INT_GE(kin_stream_write_borrowed(in(), expected + total, sizes[i], note_written, NULL), 0);
        total += sizes[i];
    }
    EXPECT_SIZE_EQ(total, kin_stream_queued(in()));
    settle_down();
    settle_down();
    EXPECT_SIZE_EQ(sizeof sizes / sizeof sizes[0], count_of("written(ok)"));
    EXPECT_MEM_EQ(expected, fake_written(fake_pipe(0), &written), total);
    EXPECT_SIZE_EQ(total, written);
    free(expected);
}

TEST_C(Write, ShortOnesGoOnWhereTheyStopped)
{
    start();
    fake_child_reads(fake_pipe(0), 0);
    kin_stream_write(in(), "abc", 3, note_written, "1");
    kin_stream_write(in(), "defg", 4, note_written, "2");
    kin_stream_write(in(), "", 0, note_written, "3");
    kin_stream_write(in(), "h", 1, note_written, "4");
    for (int i = 0; i < 8; i++) {
        settle_down();
        EXPECT_SIZE_EQ((size_t)(8 - i), kin_stream_queued(in()));
        fake_child_reads(fake_pipe(0), 1);
    }
    settle_down();
    expect_written("abcdefgh");
    EXPECT_STR_EQ("1.written(ok) 2.written(ok) 3.written(ok) 4.written(ok)", noted());
}

TEST_C(Write, OfNothingIsToldInItsTurn)
{
    start();
    EXPECT_INT_EQ(0, kin_stream_write(in(), NULL, 0, note_written, "1"));
    EXPECT_INT_EQ(0, kin_stream_write_borrowed(in(), NULL, 0, note_written, "2"));
    EXPECT_STR_EQ("", noted());
    settle_down();
    EXPECT_STR_EQ("1.written(ok) 2.written(ok)", noted());
    EXPECT_SIZE_EQ(0, fake_writes_of(fake_pipe(0)));
}

static void write_nothing(void)
{
    if (count_of("written") < 100)
        kin_stream_write(in(), NULL, 0, note_written, NULL);
}

/* Work that makes itself anew must not shut out the rest. */
TEST_C(Write, OfNothingAgainAndAgainDoesNotHoldUpTheLoop)
{
    start();
    act_in_each("written", write_nothing);
    kin_stream_write(in(), NULL, 0, note_written, NULL);
    turn();
    EXPECT_SIZE_EQ(0, count_of("written(ok) written(ok) written(ok) written(ok)"));
    for (int i = 0; i < 120; i++)
        turn();
    EXPECT_SIZE_EQ(100, count_of("written"));
}

/* -------------------------------------------------------------------------------------------------------- backpressure */

TEST_C(Write, AboveTheHighWaterMarkAnswersFullUntilDrained)
{
    static char block[KIN_STREAM_HIGH_WATER + 1];

    start();
    fake_child_reads(fake_pipe(0), 0);
    kin_stream_on_drain(in(), note_drain, NULL);
    EXPECT_INT_EQ(0, kin_stream_write_borrowed(in(), block, KIN_STREAM_HIGH_WATER, NULL, NULL));
    EXPECT_INT_EQ(KIN_STREAM_FULL, kin_stream_write_borrowed(in(), block, 1, NULL, NULL));
    EXPECT_INT_EQ(KIN_STREAM_FULL, kin_stream_write_borrowed(in(), block, 0, NULL, NULL));
    settle_down();
    fake_child_reads(fake_pipe(0), KIN_STREAM_HIGH_WATER);
    settle_down();
    EXPECT_INT_EQ(KIN_STREAM_FULL, kin_stream_write_borrowed(in(), block, 1, note_written, NULL));
    EXPECT_STR_EQ("", noted());
    fake_child_reads(fake_pipe(0), 2);
    settle_down();
    EXPECT_STR_EQ("written(ok) drain", noted());
    EXPECT_INT_EQ(0, kin_stream_write(in(), "a", 1, NULL, NULL));
    fake_child_reads(fake_pipe(0), 10);
    settle_down();
    EXPECT_SIZE_EQ(1, count_of("drain"));
}

TEST_C(Write, TheHighWaterMarkCanBeSet)
{
    start();
    EXPECT_INT_EQ(0, kin_stream_set_high_water(in(), 3));
    EXPECT_INT_EQ(0, kin_stream_write(in(), "abc", 3, NULL, NULL));
    EXPECT_INT_EQ(KIN_STREAM_FULL, kin_stream_write(in(), "d", 1, NULL, NULL));
    EXPECT_INT_EQ(0, kin_stream_set_high_water(in(), 0));
    settle_down();
    EXPECT_INT_EQ(0, kin_stream_write(in(), "abcd", 4, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_set_high_water(out(), 3));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_set_high_water(NULL, 3));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_on_drain(out(), note_drain, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_on_drain(NULL, note_drain, NULL));
}

static void write_more(void)
{
    if (count_of("drain") < 5)
        kin_stream_write(in(), "more", 4, note_written, NULL);
}

TEST_C(Write, InOnDrainStartsTheNextRound)
{
    start();
    kin_stream_set_high_water(in(), 1);
    kin_stream_on_drain(in(), note_drain, NULL);
    act_in_each("drain", write_more);
    kin_stream_write(in(), "first", 5, note_written, NULL);
    for (int i = 0; i < 10; i++)
        turn();
    EXPECT_SIZE_EQ(5, count_of("drain"));
    expect_written("firstmoremoremoremore");
}

/* ---------------------------------------------------------------------------------------------------------------- end */

TEST_C(Write, TheEndComesAfterTheQueue)
{
    start();
    fake_child_reads(fake_pipe(0), 0);
    kin_stream_write(in(), "abc", 3, note_written, NULL);
    EXPECT_INT_EQ(0, kin_stream_end(in()));
    EXPECT_INT_EQ(0, kin_stream_end(in()));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_write(in(), "d", 1, NULL, NULL));
    settle_down();
    EXPECT_FALSE(fake_is_closed(fake_pipe(0)));
    fake_child_reads(fake_pipe(0), 2);
    settle_down();
    EXPECT_FALSE(fake_is_closed(fake_pipe(0)));
    fake_child_reads(fake_pipe(0), 1);
    settle_down();
    EXPECT_TRUE(fake_is_closed(fake_pipe(0)));
    EXPECT_INT_EQ(0, kin_stream_end(in()));
    expect_written("abc");
    EXPECT_STR_EQ("written(ok)", noted());
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_write(in(), "d", 1, NULL, NULL));
}

TEST_C(Write, TheEndOfAnEmptyQueueComesAtOnce)
{
    start();
    kin_stream_end(in());
    turn();
    EXPECT_TRUE(fake_is_closed(fake_pipe(0)));
}

TEST_C(Write, TheEndInOnWritten)
{
    start();
    act_in("written", end_in);
    kin_stream_write(in(), "a", 1, note_written, NULL);
    settle_down();
    EXPECT_TRUE(fake_is_closed(fake_pipe(0)));
    expect_written("a");
}

/* ----------------------------------------------------------------------------------------------------- nobody reads */

TEST_C(Write, AHangupWithAQueueTellsEveryWrite)
{
    start();
    fake_child_reads(fake_pipe(0), 0);
    kin_stream_write(in(), "a", 1, note_written, "1");
    kin_stream_write(in(), "b", 1, note_written, "2");
    kin_stream_on_drain(in(), note_drain, NULL);
    settle_down();
    fake_hangs_up(fake_pipe(0));
    settle_down();
    EXPECT_STR_EQ("1.written(EPIPE) 2.written(EPIPE)", noted());
    EXPECT_INT_EQ(KIN_EPIPE, kin_stream_write(in(), "c", 1, NULL, NULL));
    EXPECT_TRUE(fake_is_closed(fake_pipe(0)));
    EXPECT_SIZE_EQ(0, kin_stream_queued(in()));
}

TEST_C(Write, AHangupBeforeAnyWriteIsRemembered)
{
    start();
    turn();
    fake_hangs_up(fake_pipe(0));
    settle_down();
    EXPECT_INT_EQ(KIN_EPIPE, kin_stream_write(in(), "c", 1, NULL, NULL));
    EXPECT_TRUE(fake_is_closed(fake_pipe(0)));
}

TEST_C(Write, ASilentHangupIsSeenByTheNextWrite)
{
    start();
    turn();
    fake_hangs_up_silently(fake_pipe(0));
    settle_down();
    EXPECT_INT_EQ(0, kin_stream_write(in(), "a", 1, note_written, NULL));
    settle_down();
    EXPECT_STR_EQ("written(EPIPE)", noted());
    EXPECT_INT_EQ(KIN_EPIPE, kin_stream_write(in(), "c", 1, NULL, NULL));
}

TEST_C(Write, AHangupAndTheEndOfAWriteTogether)
{
    start();
    kin_stream_write(in(), "a", 1, note_written, NULL);
    kin_stream_end(in());
    fake_hangs_up(fake_pipe(0));
    settle_down();
    EXPECT_STR_EQ("written(EPIPE)", noted());
}

TEST_C(Write, AnErrorTellsEveryWriteThatError)
{
    start();
    fake_write_fails(fake_pipe(0), KIN_ENOSPC);
    kin_stream_write(in(), "a", 1, note_written, "1");
    kin_stream_write(in(), "b", 1, note_written, "2");
    settle_down();
    EXPECT_STR_EQ("1.written(ENOSPC) 2.written(ENOSPC)", noted());
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_write(in(), "c", 1, NULL, NULL));
}

TEST_C(Write, ARefusedSubmissionTellsEveryWrite)
{
    start();
    fake_refuse_submission(fake_pipe(0), KIN_EIO);
    kin_stream_write(in(), "a", 1, note_written, "1");
    kin_stream_write(in(), "b", 1, note_written, "2");
    settle_down();
    EXPECT_STR_EQ("1.written(EIO) 2.written(EIO)", noted());
    EXPECT_TRUE(fake_is_closed(fake_pipe(0)));
}

/* -------------------------------------------------------------------------------------------------------------- close */

TEST_C(Write, CloseCancelsWhatWaits)
{
    start();
    fake_child_reads(fake_pipe(0), 0);
    kin_stream_write(in(), "a", 1, note_written, "1");
    settle_down();
    kin_stream_write(in(), "b", 1, note_written, "2");
    kin_stream_close(in());
    EXPECT_STR_EQ("", noted());
    settle_down();
    EXPECT_STR_EQ("1.written(ECANCELED) 2.written(ECANCELED)", noted());
    EXPECT_TRUE(fake_is_closed(fake_pipe(0)));
}

static void read_all(kin_plat_pipe *pipe)
{
    fake_child_reads(pipe, 100);
}

TEST_C(Write, AWriteThatTheSystemTookInTheEndIsNoCancellation)
{
    start();
    fake_child_reads(fake_pipe(0), 0);
    kin_stream_write(in(), "a", 1, note_written, "1");
    settle_down();
    kin_stream_write(in(), "b", 1, note_written, "2");
    fake_on_cancel(fake_pipe(0), read_all);
    kin_stream_close(in());
    settle_down();
    EXPECT_STR_EQ("1.written(ok) 2.written(ECANCELED)", noted());
    expect_written("a");
}

TEST_C(Write, CloseInOnWrittenCancelsTheRest)
{
    static char large[20 * 1024];

    start();
    act_in("written", close_in);
    kin_stream_write_borrowed(in(), large, sizeof large, note_written, "1");
    kin_stream_write_borrowed(in(), large, sizeof large, note_written, "2");
    settle_down();
    EXPECT_STR_EQ("1.written(ok) 2.written(ECANCELED)", noted());
}

static void write_again(void)
{
    EXPECT_INT_LT(kin_stream_write(in(), "x", 1, note_written, NULL), 0);
}

TEST_C(Write, InTheCallbackOfABrokenStreamIsRefused)
{
    start();
    act_in_each("written", write_again);
    fake_hangs_up_silently(fake_pipe(0));
    kin_stream_write(in(), "a", 1, note_written, "1");
    kin_stream_write(in(), "b", 1, note_written, "2");
    settle_down();
    EXPECT_STR_EQ("1.written(EPIPE) 2.written(EPIPE)", noted());
}

TEST_C(Write, RefusesWhatMakesNoSense)
{
    start();
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_write(NULL, "a", 1, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_write(out(), "a", 1, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_write(in(), NULL, 1, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_write_borrowed(in(), NULL, 1, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_end(out()));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_end(NULL));
    EXPECT_SIZE_EQ(0, kin_stream_queued(NULL));
    EXPECT_SIZE_EQ(0, kin_stream_queued(out()));
    EXPECT_INT_EQ(KIN_ENOMEM, kin_stream_write(in(), "a", SIZE_MAX, NULL, NULL));
    EXPECT_INT_EQ(KIN_ENOMEM, kin_stream_write(in(), "a", SIZE_MAX - 8, NULL, NULL));
    kin_stream_close(in());
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_write(in(), "a", 1, NULL, NULL));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_end(in()));
}

/* --------------------------------------------------------------------------------------------------------------- files */

static kin_stream *open_file(kin_file_mode mode)
{
    kin_stream *file = NULL;

    EXPECT_INT_EQ(0, kin_stream_open_file(loop, "file", mode, &file, NULL));
    ASSERT_NOT_NULL(file);
    return file;
}

TEST_C(File, IsReadToItsEnd)
{
    kin_stream *file = open_file(KIN_FILE_READ);

    EXPECT_INT_EQ(0, kin_loop_run(loop, KIN_RUN_UNTIL_IDLE));
    kin_stream_on_data(file, note_data, note_end, NULL);
    fake_child_says(fake_file(), "text");
    fake_child_ends(fake_file());
    run();
    EXPECT_STR_EQ("data(text) end(ok)", noted());
    EXPECT_TRUE(fake_is_closed(fake_file()));
    kin_stream_release(file);
    run();
}

TEST_C(File, IsWrittenBeforeItsReleaseTakesEffect)
{
    kin_stream *file = open_file(KIN_FILE_TRUNCATE);

    fake_child_reads(fake_file(), 0);
    kin_stream_write(file, "text", 4, note_written, NULL);
    kin_stream_release(file);
    settle_down();
    EXPECT_FALSE(fake_is_closed(fake_file()));
    EXPECT_INT_EQ(1, kin_loop_run(loop, KIN_RUN_NOWAIT));
    fake_child_reads(fake_file(), 10);
    run();
    EXPECT_STR_EQ("text", fake_written(fake_file(), NULL));
    EXPECT_TRUE(fake_is_closed(fake_file()));
    EXPECT_STR_EQ("written(ok)", noted());
}

TEST_C(File, ReleaseWhileReadingTellsNothing)
{
    kin_stream *file = open_file(KIN_FILE_READ);

    kin_stream_on_data(file, note_data, note_end, NULL);
    turn();
    fake_child_says(fake_file(), "text");
    kin_stream_release(file);
    run();
    EXPECT_STR_EQ("", noted());
    EXPECT_TRUE(fake_is_closed(fake_file()));
}

static kin_stream *released_file;

static void release_file(void)
{
    kin_stream_release(released_file);
}

static const struct {
    const char *name;
    kin_file_mode mode;
    const char *where;
    const char *expected;
} file_releases[] = {
    { "in_on_data", KIN_FILE_READ, "data", "data(text)" },
    { "in_on_end", KIN_FILE_READ, "end", "data(text) end(ok)" },
    { "in_on_written", KIN_FILE_APPEND, "written", "1.written(ok) 2.written(ok) 3.written(ok)" },
    { "in_on_drain", KIN_FILE_APPEND, "drain", "1.written(ok) 2.written(ok) 3.written(ok) drain" },
};

TEST_CP(File, ReleaseInACallback, file_releases)
{
    released_file = open_file(row->mode);
    act_in(row->where, release_file);
    kin_stream_on_data(released_file, note_data, note_end, NULL);
    kin_stream_set_high_water(released_file, 1);
    kin_stream_on_drain(released_file, note_drain, NULL);
    fake_child_says(fake_file(), "text");
    fake_child_ends(fake_file());
    kin_stream_write(released_file, "abc", 3, note_written, "1");
    kin_stream_write(released_file, "abc", 3, note_written, "2");
    kin_stream_write(released_file, NULL, 0, note_written, "3");
    run();
    EXPECT_STR_EQ(row->expected, noted());
    EXPECT_TRUE(fake_is_closed(fake_file()));
}

TEST_C(File, OfNothingToWriteLetsTheLoopEnd)
{
    kin_stream *file = open_file(KIN_FILE_TRUNCATE);

    kin_stream_write(file, NULL, 0, note_written, NULL);
    run();
    EXPECT_STR_EQ("written(ok)", noted());
    kin_stream_end(file);
    run();
    EXPECT_TRUE(fake_is_closed(fake_file()));
    kin_stream_release(file);
    run();
}

TEST_C(File, RefusalsNameThePath)
{
    const struct kin_plat_failure failure = { .code = KIN_EACCES, .os_code = 13, .stage = KIN_STAGE_OPEN };
    kin_stream *file = NULL;
    kin_error error;

    fake_refuse_file(&failure);
    EXPECT_INT_EQ(KIN_EACCES, kin_stream_open_file(loop, "secret", KIN_FILE_READ, &file, &error));
    EXPECT_NULL(file);
    EXPECT_STR_EQ("open: EACCES: secret", kin_error_text(&error));
    EXPECT_STR_EQ("secret", kin_error_subject(&error));
    EXPECT_INT_EQ(13, error.os_code);
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_open_file(loop, "", KIN_FILE_READ, &file, &error));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_open_file(loop, NULL, KIN_FILE_READ, &file, &error));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_open_file(NULL, "a", KIN_FILE_READ, &file, &error));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_open_file(loop, "a", (kin_file_mode)7, &file, &error));
    EXPECT_INT_EQ(KIN_EINVAL, kin_stream_open_file(loop, "a", KIN_FILE_READ, NULL, NULL));
}

TEST_C(File, TheLoopsReleaseTakesFilesWithIt)
{
    kin_stream *file = open_file(KIN_FILE_TRUNCATE);

    fake_child_reads(fake_file(), 0);
    kin_stream_write(file, "a", 1, note_written, NULL);
    turn();
    kin_stream_release(file);
    file = open_file(KIN_FILE_READ);
    kin_stream_on_data(file, note_data, note_end, NULL);
    turn();
    release_loop();
    EXPECT_STR_EQ("written(ECANCELED)", noted());
}
