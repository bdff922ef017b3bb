/* SPDX-License-Identifier: MIT */
/* Files as streams. */
#include <stdlib.h>

#include "error.h"
#include "stream.h"

static int check(const kin_loop *loop, const char *path, kin_file_mode mode, kin_error *error)
{
    if (loop == NULL || loop->releasing)
        return kin_error_set(error, KIN_EINVAL, KIN_STAGE_OPTIONS, "loop");
    if (path == NULL || path[0] == '\0')
        return kin_error_set(error, KIN_EINVAL, KIN_STAGE_OPTIONS, "path");
    if (mode != KIN_FILE_READ && mode != KIN_FILE_TRUNCATE && mode != KIN_FILE_APPEND)
        return kin_error_set(error, KIN_EINVAL, KIN_STAGE_OPTIONS, "mode");
    return 0;
}

int kin_stream_open_file(kin_loop *loop, const char *path, kin_file_mode mode, kin_stream **stream, kin_error *error)
{
    struct kin_plat_failure failure = { 0 };
    kin_stream *made;
    int code;

    if (stream == NULL)
        return kin_error_set(error, KIN_EINVAL, KIN_STAGE_OPTIONS, "stream");
    *stream = NULL;
    code = check(loop, path, mode, error);
    if (code < 0)
        return code;
    made = calloc(1, sizeof *made);
    if (made == NULL)
        return kin_error_set(error, KIN_ENOMEM, KIN_STAGE_MEMORY, path);
    kin_stream_init(made, loop, mode == KIN_FILE_READ);
    made->standalone = true;
    code = kin_plat_file_open(loop->platform, path, mode, &made->resource, &made->pipe, &failure);
    if (code < 0) {
        free(made);
        return kin_error_set_failure(error, &failure);
    }
    kin_loop_adopt(loop, &made->resource, &kin_stream_type);
    *stream = made;
    return 0;
}
