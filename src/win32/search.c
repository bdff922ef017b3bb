/* SPDX-License-Identifier: MIT */
#include "search.h"

#include <stdlib.h>
#include <string.h>

#include "environment.h"
#include "error.h"
#include "rules/full_path.h"
#include "rules/program_search.h"
#include "wide.h"

#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

/* SetCurrentDirectory and CreateProcess take MAX_PATH - 2 characters, a separator at the end included. */
#define DIRECTORY_MAX (MAX_PATH - 2)

/* The attributes of a link are its own; so the aliases of packaged applications are found, which cannot be opened. */
static enum kin_win32_file_kind look_at_file(const char *path, void *context)
{
    wchar_t *wide;
    (void)context;

    if (kin_win32_wide(path, &wide) < 0)
        return KIN_WIN32_FILE_MISSING;
    DWORD attributes = GetFileAttributesW(wide);
    DWORD error = GetLastError();
    free(wide);
    if (attributes == INVALID_FILE_ATTRIBUTES)
        return error == ERROR_ACCESS_DENIED ? KIN_WIN32_FILE_DENIED : KIN_WIN32_FILE_MISSING;
    return (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0 ? KIN_WIN32_FILE_DIRECTORY : KIN_WIN32_FILE_PRESENT;
}

int kin_win32_find_program(const struct kin_plat_launch *launch, const char *const *environment, char **program,
                           struct kin_plat_failure *failure)
{
    char *current_directory;
    int rc = kin_win32_current_directory(&current_directory);
    if (rc < 0)
        return kin_win32_fail(failure, rc, KIN_STAGE_EXEC, launch->file);

    struct kin_win32_search search = {
        .file = launch->file,
        .path = kin_win32_environment_path(environment),
        .cwd = launch->cwd,
        .current_directory = current_directory,
        .batch = launch->batch,
        .look_at_file = look_at_file,
    };
    rc = kin_win32_program_search(&search, program);
    free(current_directory);
    return rc < 0 ? kin_win32_fail(failure, rc, KIN_STAGE_EXEC, launch->file) : 0;
}

int kin_plat_which(const struct kin_plat_launch *launch, char *path, size_t size, struct kin_plat_failure *failure)
{
    char **own_environment = NULL;
    char *program = NULL;
    int rc;

    if (launch->environment == NULL) {
        rc = kin_plat_environment(&own_environment);
        if (rc < 0)
            return kin_win32_fail(failure, rc, KIN_STAGE_ENVIRONMENT, NULL);
    }
    const char *const *environment = launch->environment != NULL ? launch->environment : (const char *const *)own_environment;
    rc = kin_win32_find_program(launch, environment, &program, failure);
    if (program != NULL) {
        rc = kin_win32_copy_text(program, path, size);
        if (rc < 0)
            kin_win32_fail(failure, rc, KIN_STAGE_EXEC, launch->file);
    }
    free(program);
    kin_plat_environment_free(own_environment);
    return rc;
}

/* ----------------------------------------------------------------------------------------- working directory --- */

/* Opens it as the system does when a process starts in it. ERROR_SUCCESS or why it cannot be entered. */
static DWORD try_directory(const wchar_t *directory)
{
    DWORD attributes = GetFileAttributesW(directory);
    if (attributes == INVALID_FILE_ATTRIBUTES)
        return GetLastError();
    if ((attributes & FILE_ATTRIBUTE_DIRECTORY) == 0)
        return ERROR_DIRECTORY;

    HANDLE handle =
        CreateFileW(directory, FILE_TRAVERSE | SYNCHRONIZE, SHARE_ALL, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    if (handle == INVALID_HANDLE_VALUE)
        return GetLastError();
    CloseHandle(handle);
    return ERROR_SUCCESS;
}

static int absolute_directory(const char *cwd, wchar_t **directory)
{
    char *current_directory = NULL;
    char *full = NULL;

    int rc = kin_win32_current_directory(&current_directory);
    if (rc == 0)
        rc = kin_win32_full_path(current_directory, cwd, &full);
    if (rc == 0)
        rc = kin_win32_wide(full, directory);
    if (rc == 0 && wcslen(*directory) > DIRECTORY_MAX) {
        free(*directory);
        *directory = NULL;
        rc = KIN_ENAMETOOLONG;
    }
    free(full);
    free(current_directory);
    return rc;
}

int kin_win32_find_directory(const char *cwd, wchar_t **directory, struct kin_plat_failure *failure)
{
    int rc = absolute_directory(cwd, directory);
    if (rc < 0)
        return kin_win32_fail(failure, rc, KIN_STAGE_CHDIR, cwd);

    DWORD error = try_directory(*directory);
    if (error != ERROR_SUCCESS) {
        free(*directory);
        *directory = NULL;
        return kin_win32_fail_system(failure, error, KIN_STAGE_CHDIR, cwd);
    }
    return 0;
}
