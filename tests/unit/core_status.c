/* SPDX-License-Identifier: MIT */
#include <kin/process.h>

#include <string.h>

#include "shim.h"

static const struct {
    const char *name;
    kin_status status;
    const char *expected;
} statuses[] = {
    { "running", { .kind = KIN_EXIT_NONE }, "running" },
    { "zero", { .kind = KIN_EXIT_CODE }, "exited 0" },
    { "code", { .kind = KIN_EXIT_CODE, .code = 3 }, "exited 3" },
    { "large_code", { .kind = KIN_EXIT_CODE, .code = UINT32_MAX }, "exited 4294967295" },
    { "signal", { .kind = KIN_EXIT_SIGNAL, .signal = 9, .cause = KIN_CAUSE_TIMEOUT }, "signal 9 (timeout)" },
    { "killed", { .kind = KIN_EXIT_SIGNAL, .signal = 15, .cause = KIN_CAUSE_KILLED }, "signal 15 (killed)" },
    { "core", { .kind = KIN_EXIT_SIGNAL, .signal = 6, .core_dumped = true }, "signal 6, core dumped" },
    { "crash", { .kind = KIN_EXIT_CRASH, .code = 0xC0000005 }, "crashed 0xc0000005" },
    { "small_crash", { .kind = KIN_EXIT_CRASH, .code = 0x80 }, "crashed 0x00000080" },
    { "lost", { .kind = KIN_EXIT_LOST }, "ended, status lost" },
    { "limit", { .kind = KIN_EXIT_CODE, .cause = KIN_CAUSE_OUTPUT_LIMIT }, "exited 0 (output limit)" },
    { "incomplete", { .kind = KIN_EXIT_CODE, .output_incomplete = true }, "exited 0, output incomplete" },
    { "unknown", { .kind = (kin_exit_kind)77, .cause = (kin_exit_cause)77 }, "unknown" },
    { "everything",
      { .kind = KIN_EXIT_SIGNAL, .signal = 6, .core_dumped = true, .cause = KIN_CAUSE_KILLED, .output_incomplete = true },
      "signal 6, core dumped (killed), output incomplete" },
};

TEST_CP(Status, InWords, statuses)
{
    char text[128];

    EXPECT_INT_EQ((int)strlen(row->expected), kin_status_text(&row->status, text, sizeof text));
    EXPECT_STR_EQ(row->expected, text);
}

TEST_C(Status, IsCutLikeSnprintf)
{
    const kin_status status = { .kind = KIN_EXIT_CODE, .code = 3 };
    char text[6] = "xxxxx";

    EXPECT_INT_EQ(8, kin_status_text(&status, text, sizeof text));
    EXPECT_STR_EQ("exite", text);
    EXPECT_INT_EQ(8, kin_status_text(&status, NULL, 0));
    EXPECT_INT_EQ(KIN_EINVAL, kin_status_text(&status, NULL, 1));
    EXPECT_INT_EQ(KIN_EINVAL, kin_status_text(NULL, text, sizeof text));
}

TEST_C(Status, IsOkForExitCodeZeroAlone)
{
    EXPECT_TRUE(kin_status_ok(&(kin_status){ .kind = KIN_EXIT_CODE }));
    EXPECT_TRUE(kin_status_ok(&(kin_status){ .kind = KIN_EXIT_CODE, .cause = KIN_CAUSE_KILLED }));
    EXPECT_FALSE(kin_status_ok(&(kin_status){ .kind = KIN_EXIT_CODE, .code = 1 }));
    EXPECT_FALSE(kin_status_ok(&(kin_status){ .kind = KIN_EXIT_NONE }));
    EXPECT_FALSE(kin_status_ok(&(kin_status){ .kind = KIN_EXIT_LOST }));
    EXPECT_FALSE(kin_status_ok(NULL));
}
