/* SPDX-License-Identifier: MIT */
#include "search.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../platform.h"
#include "environment.h"
#include "error.h"

static const char default_path[] = "/usr/local/bin:/usr/bin:/bin";

/* ------------------------------------------------------------------------------------------------------------ candidates --- */

struct entry {
    const char *text;
    size_t size;
};

/* The next absolute entry of a PATH. Empty and relative ones would mean the current directory: a trap, so they are skipped. */
static bool next_entry(const char **rest, struct entry *entry)
{
    while (*rest != NULL) {
        const char *end = strchr(*rest, ':');

        entry->text = *rest;
        entry->size = end == NULL ? strlen(*rest) : (size_t)(end - *rest);
        *rest = end == NULL ? NULL : end + 1;
        if (entry->size > 0 && entry->text[0] == '/')
            return true;
    }
    return false;
}

static size_t count_entries(const char *path)
{
    struct entry entry;
    size_t count = 0;

    while (next_entry(&path, &entry))
        count++;
    return count;
}

static char *append(char *end, const char *text, size_t size)
{
    memcpy(end, text, size);
    return end + size;
}

/* Room for the pointers, the PATH itself and, for each of its entries, the name with a slash and a zero byte. */
static bool storage_size(size_t count, size_t path_size, size_t name_size, size_t *size)
{
    const size_t per_entry = sizeof(char *) + 2;

    if (name_size > SIZE_MAX - per_entry || count > (SIZE_MAX - path_size) / (per_entry + name_size))
        return false;
    *size = count * (per_entry + name_size) + path_size;
    return true;
}

static int join_all(struct kin_posix_candidates *candidates, const char *name, const char *path)
{
    const size_t name_size = strlen(name);
    const size_t count = count_entries(path);
    struct entry entry;
    size_t size;
    char *end;

    if (count == 0)
        return ENOENT;
    if (!storage_size(count, strlen(path), name_size, &size))
        return ENOMEM;
    candidates->storage = malloc(size);
    if (candidates->storage == NULL)
        return ENOMEM;
    candidates->paths = candidates->storage;
    end = (char *)(candidates->paths + count);
    while (next_entry(&path, &entry)) {
        candidates->paths[candidates->count++] = end;
        end = append(end, entry.text, entry.size);
        *end++ = '/';
        end = append(end, name, name_size + 1);
    }
    return 0;
}

static bool is_no_name(const char *file)
{
    return file[0] == '\0' || strcmp(file, ".") == 0 || strcmp(file, "..") == 0;
}

int kin_posix_candidates_find(struct kin_posix_candidates *candidates, const char *file, const char *const *environment)
{
    const char *path;

    *candidates = (struct kin_posix_candidates){ .single = file };
    if (is_no_name(file))
        return ENOENT;
    if (strchr(file, '/') != NULL) {
        candidates->paths = &candidates->single;
        candidates->count = 1;
        return 0;
    }
    path = kin_posix_variable(environment, "PATH");
    return join_all(candidates, file, path == NULL ? default_path : path);
}

void kin_posix_candidates_free(struct kin_posix_candidates *candidates)
{
    free(candidates->storage);
    candidates->storage = NULL;
}

/* As execvpe() of glibc: what may be true of one directory of the PATH only, stale or absent network mounts included. */
int kin_posix_search_goes_on(int os_error)
{
    return os_error == ENOENT || os_error == ENOTDIR || os_error == EACCES || os_error == ESTALE || os_error == ENODEV ||
           os_error == ETIMEDOUT;
}

/* ----------------------------------------------------------------------------------------------------------------- which --- */

/* 0 when execve() would probably take the file, else an errno value. */
static int probe(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return errno;
    if (!S_ISREG(status.st_mode))
        return EACCES;
    return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 ? 0 : errno; /* access() would ask for the real user */
}

static char *join(const char *directory, const char *path)
{
    const size_t size = strlen(directory);
    char *joined = malloc(size + strlen(path) + 2);
    char *end = joined;

    if (joined == NULL)
        return NULL;
    end = append(end, directory, size);
    if (size > 0 && end[-1] != '/')
        *end++ = '/';
    append(end, path, strlen(path) + 1);
    return joined;
}

/* `path` as seen from `cwd`, which is seen from this process; absolute. For free(); or NULL, and errno. */
static char *make_absolute(const char *path, const char *cwd)
{
    char *here;
    char *directory;
    char *absolute;

    if (path[0] == '/')
        return strdup(path);
    if (cwd != NULL && cwd[0] == '/')
        return join(cwd, path);
    here = realpath(".", NULL);
    if (here == NULL || cwd == NULL) {
        absolute = here == NULL ? NULL : join(here, path);
    } else {
        directory = join(here, cwd);
        absolute = directory == NULL ? NULL : join(directory, path);
        free(directory);
    }
    free(here);
    return absolute;
}

static int find_first(const struct kin_posix_candidates *candidates, const char *cwd, char **found)
{
    int result = ENOENT;

    *found = NULL;
    for (size_t i = 0; i < candidates->count; i++) {
        char *path = make_absolute(candidates->paths[i], cwd);
        const int os_error = path == NULL ? errno : probe(path);

        if (os_error == 0) {
            *found = path;
            return 0;
        }
        free(path);
        if (!kin_posix_search_goes_on(os_error))
            return os_error;
        if (result != EACCES)
            result = os_error == EACCES || candidates->count == 1 ? os_error : ENOENT;
    }
    return result;
}

int kin_plat_which(const struct kin_plat_launch *launch, char *path, size_t size, struct kin_plat_failure *failure)
{
    const char *const *environment = launch->environment == NULL ? kin_posix_environment() : launch->environment;
    struct kin_posix_candidates candidates;
    char *found = NULL;
    size_t length;
    int os_error;
    int result;

    os_error = kin_posix_candidates_find(&candidates, launch->file, environment);
    if (os_error == 0)
        os_error = find_first(&candidates, launch->cwd, &found);
    if (os_error == 0) {
        length = strlen(found);
        os_error = length < size && length <= INT32_MAX ? 0 : ENAMETOOLONG;
    }
    if (os_error != 0) {
        result = kin_posix_fail(failure, KIN_STAGE_EXEC, os_error, launch->file);
    } else {
        memcpy(path, found, length + 1);
        result = (int)length;
    }
    free(found);
    kin_posix_candidates_free(&candidates);
    return result;
}
