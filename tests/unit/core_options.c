/* SPDX-License-Identifier: MIT */
/* Options: every default is filled in, every contradiction is refused by name and without a side effect. */
#include "core/options.h"

#include <string.h>

#include "fake/fake.h"
#include "shim.h"

static const char *const program[] = { "program", NULL };
static struct kin_plan plan;
static kin_error error;

static int resolve(const kin_spawn_options *options)
{
    memset(&plan, 0, sizeof plan);
    memset(&error, 0, sizeof error);
    return kin_options_resolve(options, &plan, &error);
}

static void let_go(void)
{
    kin_plan_free(&plan);
    fake_host_check();
}

/* ------------------------------------------------------------------------------------------------------------- defaults */

TEST_C(Options, AllZeroIsTheDefault)
{
    ASSERT_INT_EQ(0, resolve(&(kin_spawn_options){ .argv = program }));
    EXPECT_STR_EQ("program", plan.launch.file);
    EXPECT_PTR_EQ(program, plan.launch.argv);
    EXPECT_NULL(plan.launch.environment);
    EXPECT_NULL(plan.inherited);
    EXPECT_NULL(plan.launch.cwd);
    EXPECT_SIZE_EQ(3, plan.launch.slot_count);
    for (size_t i = 0; i < 3; i++)
        EXPECT_INT_EQ(KIN_PLAT_SLOT_INHERIT, plan.launch.slots[i].kind);
    EXPECT_INT_EQ(KIN_FOREVER, plan.timeout_ms);
    EXPECT_INT_EQ(KIN_CLOSE_DELAY_MS, plan.close_delay_ms);
    EXPECT_FALSE(plan.launch.tree || plan.launch.set_umask || plan.launch.hidden || plan.launch.verbatim_arguments);
    EXPECT_NULL(plan.launch.credentials);
    let_go();
}

static const struct {
    const char *name;
    int64_t given;
    int64_t timeout_ms;
    int64_t close_delay_ms;
} times[] = {
    { "zero", 0, KIN_FOREVER, KIN_CLOSE_DELAY_MS },
    { "forever", KIN_FOREVER, KIN_FOREVER, KIN_FOREVER },
    { "some", 17, 17, 17 },
    { "largest", INT64_MAX, INT64_MAX, INT64_MAX },
};

TEST_CP(Options, Times, times)
{
    ASSERT_INT_EQ(0, resolve(&(kin_spawn_options){ .argv = program, .timeout_ms = row->given, .close_delay_ms = row->given }));
    EXPECT_INT_EQ(row->timeout_ms, plan.timeout_ms);
    EXPECT_INT_EQ(row->close_delay_ms, plan.close_delay_ms);
    let_go();
}

TEST_C(Options, NoCloseDelayIsZero)
{
    ASSERT_INT_EQ(0, resolve(&(kin_spawn_options){ .argv = program, .close_delay_ms = KIN_AT_ONCE }));
    EXPECT_INT_EQ(0, plan.close_delay_ms);
    let_go();
}

/* ---------------------------------------------------------------------------------------------------------------- slots */

static void on_data(kin_stream *stream, const char *data, size_t size, void *user)
{
    (void)stream;
    (void)data;
    (void)size;
    (void)user;
}

static void on_end(kin_stream *stream, int code, void *user)
{
    (void)stream;
    (void)code;
    (void)user;
}

#define REFUSED (-1)

static const struct {
    const char *name;
    kin_stdio stdio;
    int in;    /* the slot that it becomes as slot 0, */
    int out;   /* as slot 1, */
    int extra; /* and as slot 3 */
} slots[] = {
    { "default", { 0 }, KIN_PLAT_SLOT_INHERIT, KIN_PLAT_SLOT_INHERIT, KIN_PLAT_SLOT_NULL },
    { "default_with_on_data", { .on_data = on_data }, REFUSED, KIN_PLAT_SLOT_PIPE_WRITE, KIN_PLAT_SLOT_PIPE_WRITE },
    { "default_with_both",
      { .on_data = on_data, .on_end = on_end },
      REFUSED,
      KIN_PLAT_SLOT_PIPE_WRITE,
      KIN_PLAT_SLOT_PIPE_WRITE },
    { "default_with_on_end", { .on_end = on_end }, REFUSED, REFUSED, REFUSED },
    { "default_with_path", { .path = "file" }, REFUSED, REFUSED, REFUSED },
    { "default_with_slot", { .slot = 1 }, REFUSED, REFUSED, REFUSED },
    { "default_with_handle", { .handle = (kin_native_handle)(intptr_t)5 }, REFUSED, REFUSED, REFUSED },
    { "pipe", { .kind = KIN_STDIO_PIPE }, KIN_PLAT_SLOT_PIPE_READ, KIN_PLAT_SLOT_PIPE_WRITE, KIN_PLAT_SLOT_PIPE_WRITE },
    { "pipe_with_on_end", { .kind = KIN_STDIO_PIPE, .on_end = on_end }, REFUSED, REFUSED, REFUSED },
    { "pipe_with_path", { .kind = KIN_STDIO_PIPE, .path = "file" }, REFUSED, REFUSED, REFUSED },
    { "pipe_input", { .kind = KIN_STDIO_PIPE_INPUT }, REFUSED, REFUSED, KIN_PLAT_SLOT_PIPE_READ },
    { "pipe_input_with_on_data", { .kind = KIN_STDIO_PIPE_INPUT, .on_data = on_data }, REFUSED, REFUSED, REFUSED },
    { "inherit", { .kind = KIN_STDIO_INHERIT }, KIN_PLAT_SLOT_INHERIT, KIN_PLAT_SLOT_INHERIT, REFUSED },
    { "inherit_with_on_data", { .kind = KIN_STDIO_INHERIT, .on_data = on_data }, REFUSED, REFUSED, REFUSED },
    { "ignore", { .kind = KIN_STDIO_IGNORE }, KIN_PLAT_SLOT_NULL, KIN_PLAT_SLOT_NULL, KIN_PLAT_SLOT_NULL },
    { "file_read", { .kind = KIN_STDIO_FILE_READ, .path = "f" }, KIN_PLAT_SLOT_FILE, KIN_PLAT_SLOT_FILE, KIN_PLAT_SLOT_FILE },
    { "file_without_path", { .kind = KIN_STDIO_FILE_READ }, REFUSED, REFUSED, REFUSED },
    { "file_with_empty_path", { .kind = KIN_STDIO_FILE_APPEND, .path = "" }, REFUSED, REFUSED, REFUSED },
    { "file_with_slot", { .kind = KIN_STDIO_FILE_READ, .path = "f", .slot = 1 }, REFUSED, REFUSED, REFUSED },
    { "handle",
      { .kind = KIN_STDIO_HANDLE, .handle = (kin_native_handle)(intptr_t)5 },
      KIN_PLAT_SLOT_HANDLE,
      KIN_PLAT_SLOT_HANDLE,
      KIN_PLAT_SLOT_HANDLE },
    { "handle_with_path", { .kind = KIN_STDIO_HANDLE, .path = "f" }, REFUSED, REFUSED, REFUSED },
    { "same", { .kind = KIN_STDIO_SAME_AS, .slot = 2 }, KIN_PLAT_SLOT_SAME, KIN_PLAT_SLOT_SAME, KIN_PLAT_SLOT_SAME },
    { "same_as_none", { .kind = KIN_STDIO_SAME_AS, .slot = 4 }, REFUSED, REFUSED, REFUSED },
    { "same_as_far_away", { .kind = KIN_STDIO_SAME_AS, .slot = 4000000000U }, REFUSED, REFUSED, REFUSED },
    { "unknown", { .kind = (kin_stdio_kind)99 }, REFUSED, REFUSED, REFUSED },
    { "negative", { .kind = (kin_stdio_kind)-1 }, REFUSED, REFUSED, REFUSED },
};

static void check_slot(kin_spawn_options *options, size_t number, const char *name, int expected)
{
    const int code = resolve(options);

    TRACE_C("slot %s", name);
    EXPECT_INT_EQ(expected == REFUSED ? KIN_EINVAL : 0, code);
    if (code == 0)
        EXPECT_INT_EQ(expected, plan.launch.slots[number].kind);
    else
        EXPECT_STR_EQ(name, kin_error_subject(&error));
    TRACE_END_C();
    let_go();
}

TEST_CP(Options, Slot, slots)
{
    kin_spawn_options in = { .argv = program, .in = row->stdio };
    kin_spawn_options out = { .argv = program, .out = row->stdio };
    kin_spawn_options extra = { .argv = program, .extra = &row->stdio, .extra_count = 1 };

    check_slot(&in, 0, "in", row->in);
    check_slot(&out, 1, "out", row->out);
    check_slot(&extra, 3, "extra", row->extra);
}

TEST_C(Options, FileModesAreKept)
{
    const kin_spawn_options options = {
        .argv = program,
        .in = { .kind = KIN_STDIO_FILE_READ, .path = "in" },
        .out = { .kind = KIN_STDIO_FILE_TRUNCATE, .path = "out" },
        .err = { .kind = KIN_STDIO_FILE_APPEND, .path = "err" },
    };

    ASSERT_INT_EQ(0, resolve(&options));
    EXPECT_INT_EQ(KIN_FILE_READ, plan.launch.slots[0].mode);
    EXPECT_INT_EQ(KIN_FILE_TRUNCATE, plan.launch.slots[1].mode);
    EXPECT_INT_EQ(KIN_FILE_APPEND, plan.launch.slots[2].mode);
    EXPECT_STR_EQ("err", plan.launch.slots[2].path);
    let_go();
}

static const kin_stdio same_as_out = { .kind = KIN_STDIO_SAME_AS, .slot = 1 };

TEST_C(Options, ChainsOfSameAreResolved)
{
    const kin_stdio extra[] = { { .kind = KIN_STDIO_SAME_AS, .slot = 2 }, { .kind = KIN_STDIO_SAME_AS, .slot = 3 } };
    const kin_spawn_options options = {
        .argv = program, .out = { .kind = KIN_STDIO_PIPE }, .err = same_as_out, .extra = extra, .extra_count = 2
    };

    ASSERT_INT_EQ(0, resolve(&options));
    for (size_t i = 2; i < 5; i++) {
        EXPECT_INT_EQ(KIN_PLAT_SLOT_SAME, plan.launch.slots[i].kind);
        EXPECT_SIZE_EQ(1, plan.launch.slots[i].same_as);
    }
    let_go();
}

TEST_C(Options, CirclesOfSameAreRefused)
{
    kin_spawn_options options = { .argv = program, .out = same_as_out };

    EXPECT_INT_EQ(KIN_EINVAL, resolve(&options));
    EXPECT_STR_EQ("out", kin_error_subject(&error));
    let_go();
    options.out = (kin_stdio){ .kind = KIN_STDIO_SAME_AS, .slot = 2 };
    options.err = same_as_out;
    EXPECT_INT_EQ(KIN_EINVAL, resolve(&options));
    let_go();
    options.in = same_as_out; /* it leads into the circle */
    EXPECT_INT_EQ(KIN_EINVAL, resolve(&options));
    let_go();
}

TEST_C(Options, ExtraSlotsHaveALimit)
{
    static kin_stdio extra[253];
    kin_spawn_options options = { .argv = program, .extra = extra, .extra_count = 252 };

    ASSERT_INT_EQ(0, resolve(&options));
    EXPECT_SIZE_EQ(255, plan.launch.slot_count);
    let_go();
    options.extra_count = 253;
    EXPECT_INT_EQ(KIN_EINVAL, resolve(&options));
    EXPECT_STR_EQ("extra", kin_error_subject(&error));
    let_go();
    options.extra = NULL;
    options.extra_count = 1;
    EXPECT_INT_EQ(KIN_EINVAL, resolve(&options));
    let_go();
}

/* ------------------------------------------------------------------------------------------------------------- refusals */

static const uint32_t groups[] = { 1, 2 };
static const char *const no_program[] = { NULL };
static const char *const empty_program[] = { "", NULL };
static const char *const not_a_variable[] = { "A", NULL };
static const char *const not_a_name[] = { "A=1", NULL };
static const kin_credentials no_uid = { .uid = UINT32_MAX };
static const kin_credentials no_gid = { .gid = UINT32_MAX };
static const kin_credentials no_groups = { .group_count = 1 };
static const kin_credentials both_groups = { .groups = groups, .group_count = 2, .keep_groups = true };
static const kin_credentials many_groups = { .groups = groups, .group_count = SIZE_MAX };

static const struct {
    const char *name;
    kin_spawn_options options;
    const char *subject;
} refusals[] = {
    { "no_argv", { 0 }, "argv" },
    { "empty_argv", { .argv = no_program }, "argv" },
    { "empty_argv_with_file", { .argv = no_program, .file = "file" }, "argv" },
    { "empty_name", { .argv = empty_program }, "argv" },
    { "empty_file", { .argv = program, .file = "" }, "file" },
    { "empty_cwd", { .argv = program, .cwd = "" }, "cwd" },
    { "batch", { .argv = program, .batch = (kin_batch_policy)2 }, "batch" },
    { "env_set", { .argv = program, .env_set = not_a_variable }, "env_set" },
    { "env_unset", { .argv = program, .env_unset = not_a_name }, "env_unset" },
    { "timeout", { .argv = program, .timeout_ms = -2 }, "timeout_ms" },
    { "close_delay", { .argv = program, .close_delay_ms = -3 }, "close_delay_ms" },
    { "umask_not_set", { .argv = program, .umask = 022 }, "umask" },
    { "umask_too_large", { .argv = program, .set_umask = true, .umask = 01000 }, "umask" },
    { "no_uid", { .argv = program, .credentials = &no_uid }, "credentials" },
    { "no_gid", { .argv = program, .credentials = &no_gid }, "credentials" },
    { "no_groups", { .argv = program, .credentials = &no_groups }, "credentials" },
    { "both_groups", { .argv = program, .credentials = &both_groups }, "credentials" },
    { "many_groups", { .argv = program, .credentials = &many_groups }, "credentials" },
};

TEST_CP(Options, Refuses, refusals)
{
    EXPECT_INT_EQ(KIN_EINVAL, resolve(&row->options));
    EXPECT_STR_EQ(row->subject, kin_error_subject(&error));
    EXPECT_INT_EQ(KIN_STAGE_OPTIONS, error.stage);
    EXPECT_INT_EQ(KIN_EINVAL, kin_options_resolve(&row->options, &(struct kin_plan){ 0 }, NULL));
    let_go();
}

TEST_C(Options, RefusesNone)
{
    EXPECT_INT_EQ(KIN_EINVAL, resolve(NULL));
    EXPECT_STR_EQ("options", kin_error_subject(&error));
}

TEST_C(Options, PassesOnWhatIsForTheSystem)
{
    static const kin_credentials credentials = { .uid = 1, .gid = 2, .groups = groups, .group_count = 2 };
    const kin_spawn_options options = { .argv = program,
                                        .file = "other",
                                        .cwd = "dir",
                                        .tree = true,
                                        .set_umask = true,
                                        .umask = 027,
                                        .hidden = true,
                                        .credentials = &credentials,
                                        .verbatim_arguments = true,
                                        .batch = KIN_BATCH_ESCAPE };

    ASSERT_INT_EQ(0, resolve(&options));
    EXPECT_STR_EQ("other", plan.launch.file);
    EXPECT_STR_EQ("dir", plan.launch.cwd);
    EXPECT_TRUE(plan.launch.tree && plan.launch.set_umask && plan.launch.hidden && plan.launch.verbatim_arguments);
    EXPECT_INT_EQ(027, plan.launch.umask);
    EXPECT_PTR_EQ(&credentials, plan.launch.credentials);
    EXPECT_INT_EQ(KIN_BATCH_ESCAPE, plan.launch.batch);
    let_go();
}

/* ---------------------------------------------------------------------------------------------------------- environment */

static const char *const set[] = { "LANG=de", "NEW=1", NULL };
static const char *const unset[] = { "HOME", NULL };

static void expect_environment(const char *const *expected)
{
    size_t i = 0;

    ASSERT_NOT_NULL(plan.launch.environment);
    for (; expected[i] != NULL && plan.launch.environment[i] != NULL; i++)
        EXPECT_STR_EQ(expected[i], plan.launch.environment[i]);
    EXPECT_PTR_EQ(expected[i], plan.launch.environment[i]);
}

TEST_C(Options, TheEnvironmentIsOursAndMore)
{
    ASSERT_INT_EQ(0, resolve(&(kin_spawn_options){ .argv = program, .env_set = set, .env_unset = unset }));
    expect_environment((const char *[]){ "LANG=de", "NEW=1", "PATH=/fake", NULL });
    let_go();
}

TEST_C(Options, TheEnvironmentCanStartClean)
{
    ASSERT_INT_EQ(0, resolve(&(kin_spawn_options){ .argv = program, .env_clean = true }));
    expect_environment((const char *[]){ NULL });
    let_go();
    ASSERT_INT_EQ(0, resolve(&(kin_spawn_options){ .argv = program, .env_clean = true, .env_set = set }));
    expect_environment((const char *[]){ "LANG=de", "NEW=1", NULL });
    let_go();
}
