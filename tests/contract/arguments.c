/* SPDX-License-Identifier: MIT */
/* Promise 2: arguments arrive byte for byte. */
#include "support/nasty_arguments.h"
#include "support/support.h"

/* Starts the child with the verb and the arguments, and compares what it says with them. */
static void check_arrival(const char *verb, const char *const *arguments, size_t count)
{
    const char *argv[NASTY_ARGUMENTS_MOST + 8] = { child_path(), verb };
    struct bytes expected = { 0 };
    kin_result result = { 0 };

    for (size_t i = 0; i < count; i++) {
        argv[2 + i] = arguments[i];
        bytes_append(&expected, arguments[i], strlen(arguments[i]) + 1);
    }
    ASSERT_INT_EQ(0, run_program(argv, NULL, &result));
    EXPECT_EXITED(0, &result.status);
    check_output(SHIM_HERE(false), verb, text_in(&expected), expected.size, &result.out);
    kin_result_free(&result);
    free(expected.data);
}

static void check_both(const char *const *arguments, size_t count)
{
    check_arrival("echo", arguments, count);
    check_arrival("echo-runtime", arguments, count);
}

static const struct {
    const char *name;
    const char *text;
} single_rows[] = {
    { "empty", "" },
    { "blank", " " },
    { "word", "word" },
    { "two_words", "two words" },
    { "tab", "a\tb" },
    { "newline", "a\nb" },
    { "carriage_return", "a\rb" },
    { "vertical_tab", "a\vb" },
    { "quote", "\"" },
    { "quotes", "\"\"" },
    { "quoted", "\"a b\"" },
    { "inner_quote", "a\"b" },
    { "apostrophe", "it's" },
    { "backslash", "\\" },
    { "backslashes", "\\\\\\" },
    { "backslash_at_end_with_blank", "a b\\" },
    { "backslash_quote", "\\\"" },
    { "two_backslashes_quote", "\\\\\"" },
    { "network_path", "\\\\server\\share\\" },
    { "percent", "%PATH% %%" },
    { "dollar", "$HOME $(id) `id`" },
    { "caret", "^&|<>" },
    { "exclamation", "!a!" },
    { "star", "* ? [a-z] ~" },
    { "option", "--option=value" },
    { "semicolon", "; rm -rf nothing" },
    { "umlaut", "gr\xC3\xBC\xC3\x9F\x65" },
    { "han", "\xE6\xBC\xA2\xE5\xAD\x97" },
    { "emoji", "\xF0\x9F\x90\xA3" },
    { "control", "\x01\x02\x1f\x7f" },
    { "at_sign", "@file" },
};

TEST_CP(Arguments, W01_one_argument, single_rows)
{
    check_both(&row->text, 1);
}

TEST_C(Arguments, none_but_the_name)
{
    check_both(NULL, 0);
}

TEST_C(Arguments, W01_empty_ones_keep_their_places)
{
    check_both(LIST("", "a", "", "", "b", ""), 6);
}

TEST_C(Arguments, a_hostile_one_is_only_text)
{
    check_both(LIST("\" & echo hacked & \"", "'; echo hacked; '", "$(echo hacked)", "|| echo hacked"), 4);
}

TEST_C(Arguments, many)
{
    const char *argv[1004] = { child_path(), "echo-runtime" };
    kin_result result = { 0 };

    for (size_t i = 0; i < 1000; i++)
        argv[2 + i] = "argument";
    ASSERT_INT_EQ(0, run_program(argv, NULL, &result));
    EXPECT_UINT_EQ(1000 * sizeof "argument", result.out.size);
    kin_result_free(&result);
}

TEST_C(Arguments, a_long_one)
{
    char *text = malloc(30001);

    ASSERT_NOT_NULL(text);
    memset(text, 'x', 30000);
    text[30000] = '\0';
    check_both((const char *const[]){ text }, 1);
    free(text);
}

TEST_C(Arguments, W01_random_lists_arrive)
{
    const unsigned rounds = SCALED(400, 40);
    struct nasty_arguments *arguments = malloc(sizeof *arguments);

    ASSERT_NOT_NULL(arguments);
    nasty_arguments_seed(arguments, 20260601);
    for (unsigned i = 0; i < rounds; i++) {
        TRACE_C("list %u", i);
        nasty_arguments_next(arguments);
        check_arrival(i % 2 == 0 ? "echo" : "echo-runtime", arguments->argv + 1, arguments->count - 1);
        TRACE_END_C();
    }
    free(arguments);
}

TEST_C(Arguments, S32_are_copied_during_the_call)
{
    char changing[] = "before";
    const char *argv[] = { child_path(), "echo-runtime", changing, NULL };
    struct recorder recorder = { 0 };
    kin_loop *loop = open_loop();

    ASSERT_INT_EQ(0, kin_spawn(loop, SPAWN_OPTIONS(.argv = argv, .out = { RECORDED_OUT }, RECORDED(&recorder)), NULL));
    strcpy(changing, "after!");
    argv[1] = "exit";
    run_loop(loop);
    EXPECT_STR_EQ("before", text_in(&recorder.out));
    recorder_free(&recorder);
    close_loop(loop);
}

TEST_C(Arguments, verbatim_ones_are_joined_as_they_are)
{
    kin_result result = { 0 };

    SKIP_ON_POSIX_C("there is no command line to write");
    ASSERT_INT_EQ(0, run_child(&result, EXEC_OPTIONS(.verbatim_arguments = true), "echo", "\"a b\"", "c d"));
    EXPECT_UINT_EQ(8, result.out.size);
    EXPECT_MEM_EQ("a b\0c\0d", result.out.data, 8);
    kin_result_free(&result);
}
