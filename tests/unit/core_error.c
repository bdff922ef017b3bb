/* SPDX-License-Identifier: MIT */
#include "core/error.h"

#include <string.h>

#include "shim.h"

TEST_C(Error, ReadsAsASentence)
{
    const struct kin_plat_failure failure = {
        .code = KIN_ENOENT, .os_code = 2, .stage = KIN_STAGE_CHDIR, .subject = "/no/such/directory"
    };
    kin_error error;

    EXPECT_INT_EQ(KIN_ENOENT, kin_error_set_failure(&error, &failure));
    EXPECT_STR_EQ("chdir: ENOENT: /no/such/directory", kin_error_text(&error));
    EXPECT_STR_EQ("/no/such/directory", kin_error_subject(&error));
    EXPECT_INT_EQ(2, error.os_code);
    EXPECT_INT_EQ(KIN_STAGE_CHDIR, error.stage);
    EXPECT_INT_EQ(KIN_ENOENT, error.code);
}

TEST_C(Error, WithoutASubjectOrAStage)
{
    kin_error error;

    EXPECT_INT_EQ(KIN_ENOMEM, kin_error_set(&error, KIN_ENOMEM, KIN_STAGE_MEMORY, NULL));
    EXPECT_STR_EQ("memory: ENOMEM", kin_error_text(&error));
    EXPECT_STR_EQ("", kin_error_subject(&error));
    kin_error_set(&error, KIN_ENOMEM, KIN_STAGE_MEMORY, "");
    EXPECT_STR_EQ("memory: ENOMEM", kin_error_text(&error));
    kin_error_set(&error, KIN_EIO, KIN_STAGE_NONE, NULL);
    EXPECT_STR_EQ("EIO", kin_error_text(&error));
    kin_error_set(&error, KIN_EIO, KIN_STAGE_NONE, "subject");
    EXPECT_STR_EQ("EIO: subject", kin_error_text(&error));
    EXPECT_STR_EQ("subject", kin_error_subject(&error));
    EXPECT_INT_EQ(KIN_EIO, kin_error_set(NULL, KIN_EIO, KIN_STAGE_NONE, "subject"));
}

TEST_C(Error, NoneIsOk)
{
    const kin_error none = { 0 };
    const kin_error bare = { .code = KIN_EPERM };
    kin_error wild = { .code = KIN_EPERM, .subject_offset = 100000 };

    EXPECT_STR_EQ("ok", kin_error_text(NULL));
    EXPECT_STR_EQ("ok", kin_error_text(&none));
    EXPECT_STR_EQ("", kin_error_subject(NULL));
    EXPECT_STR_EQ("", kin_error_subject(&none));
    EXPECT_STR_EQ("EPERM", kin_error_text(&bare));
    EXPECT_STR_EQ("", kin_error_subject(&wild));
}

static const struct {
    const char *name;
    const char *character;
} characters[] = {
    { "one_byte", "a" },
    { "two_bytes", "\xC3\xA9" },
    { "three_bytes", "\xE2\x82\xAC" },
    { "four_bytes", "\xF0\x9F\x98\x80" },
};

/* A long subject is cut between characters, wherever the cut falls, and no earlier than it must. */
TEST_CP(Error, ALongSubjectIsCutBetweenCharacters, characters)
{
    const size_t width = strlen(row->character);

    for (size_t shift = 0; shift < 4; shift++) {
        char subject[600] = "xxx";
        const size_t prefix = strlen("open: ENOENT: ");
        const size_t room = KIN_ERROR_TEXT_SIZE - 1 - prefix - shift;
        kin_error error;

        subject[shift] = '\0';
        while (strlen(subject) + width < sizeof subject)
            strcat(subject, row->character);
        kin_error_set(&error, KIN_ENOENT, KIN_STAGE_OPEN, subject);
        EXPECT_SIZE_EQ(prefix + shift + room / width * width, strlen(kin_error_text(&error)));
        EXPECT_MEM_EQ(subject, kin_error_subject(&error), strlen(kin_error_subject(&error)));
    }
}

TEST_C(Error, ALongSubjectThatIsNotUtf8StaysInBounds)
{
    static const char bytes[] = { (char)0x80, (char)0xFF, (char)0xC0 };

    for (size_t i = 0; i < sizeof bytes; i++) {
        char subject[600];
        kin_error error;

        memset(subject, bytes[i], sizeof subject - 1);
        subject[sizeof subject - 1] = '\0';
        kin_error_set(&error, KIN_ENOENT, KIN_STAGE_OPEN, subject);
        EXPECT_INT_LT(strlen(kin_error_text(&error)), KIN_ERROR_TEXT_SIZE);
        EXPECT_STR_CONTAINS("open: ENOENT: ", kin_error_text(&error));
    }
}

TEST_C(Error, EveryCodeHasANameAndAText)
{
    for (int code = KIN_EREMOTE; code < 0; code++) {
        EXPECT_INT_EQ('E', kin_code_name(code)[0]);
        EXPECT_TRUE(kin_code_text(code)[0] != '\0');
        for (int other = KIN_EREMOTE; other < code; other++)
            EXPECT_TRUE(strcmp(kin_code_name(code), kin_code_name(other)) != 0);
    }
    EXPECT_STR_EQ("EINVAL", kin_code_name(KIN_EINVAL));
    EXPECT_STR_EQ("ENOENT", kin_code_name(KIN_ENOENT));
    EXPECT_STR_EQ("EPIPE", kin_code_name(KIN_EPIPE));
    EXPECT_STR_EQ("ETIMEDOUT", kin_code_name(KIN_ETIMEDOUT));
    EXPECT_STR_EQ("ENOBUFS", kin_code_name(KIN_ENOBUFS));
    EXPECT_STR_EQ("ENXIO", kin_code_name(KIN_ENXIO));
    EXPECT_STR_EQ("EUNKNOWN", kin_code_name(KIN_EUNKNOWN));
    EXPECT_STR_EQ("EUNKNOWN", kin_code_name(KIN_EREMOTE - 1));
    EXPECT_STR_EQ("EUNKNOWN", kin_code_name(INT32_MIN));
    EXPECT_STR_EQ("ok", kin_code_name(0));
    EXPECT_STR_EQ("ok", kin_code_name(5));
    EXPECT_STR_EQ("no such file or directory", kin_code_text(KIN_ENOENT));
}

TEST_C(Error, EveryStageHasAName)
{
    EXPECT_STR_EQ("", kin_stage_name(KIN_STAGE_NONE));
    for (int stage = KIN_STAGE_OPTIONS; stage <= KIN_STAGE_WRITE; stage++)
        EXPECT_TRUE(kin_stage_name((kin_stage)stage)[0] != '\0');
    EXPECT_STR_EQ("chdir", kin_stage_name(KIN_STAGE_CHDIR));
    EXPECT_STR_EQ("exec", kin_stage_name(KIN_STAGE_EXEC));
    EXPECT_STR_EQ("write", kin_stage_name(KIN_STAGE_WRITE));
    EXPECT_STR_EQ("", kin_stage_name((kin_stage)(KIN_STAGE_WRITE + 1)));
    EXPECT_STR_EQ("", kin_stage_name((kin_stage)-1));
}
