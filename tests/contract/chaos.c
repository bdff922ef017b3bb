/* SPDX-License-Identifier: MIT */
/* Many children that are ended at random moments, from "has not done anything" to "has just exited". */
#include <time.h>

#include "support/support.h"

enum { WAVE = 50 };

struct random {
    uint64_t state;
};

/* SplitMix64 (public domain, Vigna). */
static unsigned roll(struct random *random, unsigned sides)
{
    uint64_t word = random->state += UINT64_C(0x9E3779B97F4A7C15);

    word = (word ^ (word >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    word = (word ^ (word >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (unsigned)((word ^ (word >> 31)) % sides);
}

/* KIN_TEST_SEED runs it again as it was. */
static struct random open_random(void)
{
    const char *given = getenv("KIN_TEST_SEED");
    const uint64_t seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);

    printf("KIN_TEST_SEED=%llu\n", (unsigned long long)seed);
    return (struct random){ seed };
}

/* When it is ended. */
enum moment { AT_THE_START, SOON, AT_ITS_FIRST_WORD, WHEN_ITS_INPUT_ENDS, AT_ITS_EXIT, MOMENTS };

/* By what. */
enum blow { KILL, TERMINATE, KILL_TREE, STOP, STOP_AT_ONCE, RELEASE, BLOWS };

struct member {
    struct recorder recorder;
    kin_child *child;
    enum moment moment;
    enum blow blow;
    bool tree;
    bool released;
};

static void check_result(int code)
{
    EXPECT_TRUE(code == 0 || code == KIN_ALREADY_ENDED);
}

static void release(struct member *member)
{
    kin_child_release(member->child);
    member->child = NULL;
    member->released = true;
}

static void strike(struct member *member)
{
    kin_child *child = member->child;

    if (child == NULL)
        return;
    switch (member->blow) {
    case TERMINATE:
        check_result(kin_kill(child, KIN_SIGNAL_TERMINATE));
        break;
    case KILL_TREE:
        check_result(member->tree ? kin_kill_tree(child, KIN_SIGNAL_KILL) : kin_kill(child, KIN_SIGNAL_KILL));
        break;
    case STOP:
        check_result(kin_stop(child, 1));
        break;
    case STOP_AT_ONCE:
        check_result(kin_stop(child, 0));
        break;
    case RELEASE:
        check_result(member->tree ? kin_kill_tree(child, KIN_SIGNAL_KILL) : kin_kill(child, KIN_SIGNAL_KILL));
        release(member);
        break;
    default:
        check_result(kin_kill(child, KIN_SIGNAL_KILL));
        break;
    }
}

static void strike_by_timer(kin_timer *timer, void *user)
{
    (void)timer;
    strike(user);
}

static void strike_at_data(kin_stream *stream, const char *data, size_t size, void *user)
{
    struct member *member = user;

    (void)stream;
    (void)data;
    (void)size;
    EXPECT_FALSE(member->released);
    if (member->moment == AT_ITS_FIRST_WORD)
        strike(member);
}

static void note_exit(kin_child *child, const kin_status *status, void *user)
{
    struct member *member = user;

    EXPECT_FALSE(member->released);
    record_exit(child, status, &member->recorder);
    if (member->moment == AT_ITS_EXIT)
        strike(member);
}

static void note_close(kin_child *child, const kin_status *status, void *user)
{
    struct member *member = user;

    EXPECT_FALSE(member->released);
    record_close(child, status, &member->recorder);
}

/* A child that ends by itself, or never does. With a refusal among them, since force has to be used now and then. */
static void choose_argv(const struct member *member, struct random *random, const char *argv[4])
{
    const char *first = roll(random, 2) == 0 ? "read-nothing" : "refuse-to-end";
    const char *second = NULL;

    if (member->moment == AT_ITS_EXIT || member->moment == WHEN_ITS_INPUT_ENDS) {
        first = member->moment == AT_ITS_EXIT ? "exit" : "exit-after-input";
        second = "3";
    } else if (member->tree && roll(random, 2) == 0) {
        second = first;
        first = "grandchild-beside";
    }
    argv[0] = child_path();
    argv[1] = first;
    argv[2] = second;
    argv[3] = NULL;
}

/* Whoever refuses has to be ended by something that cannot be refused; and of a tree, all. */
static void choose_blow(struct member *member, struct random *random)
{
    member->moment = (enum moment)roll(random, MOMENTS);
    member->blow = (enum blow)roll(random, BLOWS);
    member->tree = roll(random, 2) == 0;
    if (member->tree && (member->blow == KILL || member->blow == TERMINATE))
        member->blow = KILL_TREE;
    if (member->blow == TERMINATE && member->moment != WHEN_ITS_INPUT_ENDS && member->moment != AT_ITS_EXIT)
        member->blow = KILL;
}

static void begin(kin_loop *loop, struct member *member, struct random *random)
{
    const char *argv[4];

    choose_blow(member, random);
    choose_argv(member, random, argv);
    ASSERT_INT_EQ(0,
                  kin_spawn(loop,
                            SPAWN_OPTIONS(.argv = argv, .in = { .kind = KIN_STDIO_PIPE }, .out = { .on_data = strike_at_data },
                                          .tree = member->tree, .on_exit = note_exit, .on_close = note_close, .user = member),
                            &member->child));
    if (member->moment == WHEN_ITS_INPUT_ENDS)
        EXPECT_INT_EQ(0, kin_stream_end(kin_child_stream(member->child, 0)));
    if (member->moment == AT_THE_START)
        strike(member);
    else if (member->moment == SOON || member->moment == WHEN_ITS_INPUT_ENDS)
        ASSERT_INT_EQ(0, kin_timer_start(loop, (int64_t)roll(random, 4), 0, strike_by_timer, member, NULL));
}

static void end(struct member *member, unsigned number)
{
    TRACE_C("child %u: moment %d, blow %d, tree %d", number, (int)member->moment, (int)member->blow, (int)member->tree);
    if (!member->released) {
        EXPECT_INT_EQ(1, member->recorder.exits);
        EXPECT_INT_EQ(1, member->recorder.closes);
        EXPECT_INT_NE(KIN_EXIT_NONE, member->recorder.close_status.kind);
        EXPECT_INT_NE(KIN_EXIT_ABANDONED, member->recorder.close_status.kind);
    }
    TRACE_END_C();
    kin_child_release(member->child);
}

static void run_wave(struct random *random, unsigned first, unsigned count)
{
    static struct member members[WAVE];
    kin_loop *loop = open_loop();

    memset(members, 0, sizeof members);
    for (unsigned i = 0; i < count; i++)
        begin(loop, &members[i], random);
    run_loop(loop);
    for (unsigned i = 0; i < count; i++)
        end(&members[i], first + i);
    close_loop(loop);
}

/* That no process, zombie, descriptor or handle is left is looked at after the test. */
TEST_C(Chaos, R08_R09_children_ended_at_random_moments)
{
    const unsigned count = SCALED(1000, 60);
    struct random random = open_random();

    for (unsigned done = 0; done < count; done += WAVE)
        run_wave(&random, done, count - done < WAVE ? count - done : WAVE);
}

/* The loop goes while they live, die, or are being ended. */
TEST_C(Chaos, R21_loops_released_at_random_moments)
{
    const unsigned rounds = SCALED(40, 4);
    struct random random = open_random();

    for (unsigned round = 0; round < rounds; round++) {
        static struct member members[WAVE];
        kin_loop *loop = open_loop();
        const unsigned turns = roll(&random, 20);

        memset(members, 0, sizeof members);
        for (unsigned i = 0; i < 8; i++)
            begin(loop, &members[i], &random);
        for (unsigned i = 0; i < turns; i++)
            EXPECT_INT_GE(kin_loop_run(loop, KIN_RUN_NOWAIT), 0);
        for (unsigned i = 0; i < 8; i++) {
            if (members[i].child != NULL)
                (void)(members[i].tree ? kin_kill_tree(members[i].child, KIN_SIGNAL_KILL)
                                       : kin_kill(members[i].child, KIN_SIGNAL_KILL));
        }
        close_loop(loop);
    }
}
