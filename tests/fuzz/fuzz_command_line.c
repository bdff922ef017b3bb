/* SPDX-License-Identifier: MIT */
/* Any arguments are refused, or read back as they were by both ways to take a command line apart. */
#include <kin/error.h>

#include "fuzz.h"
#include "support/argument_parsers.h"
#include "win32/rules/command_line.h"
#include "win32/rules/utf16.h"

static void check_arguments(const struct fuzz_texts *texts, const struct parsed_arguments *parsed)
{
    FUZZ_CHECK(parsed->count == texts->count);
    for (size_t i = 0; i < parsed->count; i++) {
        char *text = NULL;

        FUZZ_CHECK(kin_win32_utf16_to_utf8(parsed->argv[i], fuzz_units(parsed->argv[i]), &text, NULL) == KIN_OK);
        FUZZ_CHECK(strcmp(text, texts->items[i]) == 0);
        free(text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct parsed_arguments parsed;
    struct fuzz_texts texts;
    uint16_t *line = NULL;
    int rc;

    fuzz_texts_open(&texts, data, size);
    rc = kin_win32_command_line(texts.items, false, &line);
    if (rc == KIN_OK) {
        FUZZ_CHECK(fuzz_units(line) <= KIN_WIN32_COMMAND_LINE_MAX);
        parse_like_the_c_runtime(line, &parsed);
        check_arguments(&texts, &parsed);
        parse_like_shell32(line, &parsed);
        check_arguments(&texts, &parsed);
    } else {
        FUZZ_CHECK(rc == KIN_EINVAL || rc == KIN_EILSEQ || rc == KIN_E2BIG);
        FUZZ_CHECK(line == NULL);
    }
    free(line);
    line = NULL;
    rc = kin_win32_command_line(texts.items, true, &line);
    FUZZ_CHECK((rc == KIN_OK) == (line != NULL));
    free(line);
    fuzz_texts_close(&texts);
    return 0;
}
